/** Functions, procedures and aggregates. */
import { flag, grants, role, routine } from "../expressions.ts";
import { detail, inSchema, type Kind } from "../kind.ts";
import { SCRATCH, type Settling } from "../settling.ts";
import { grantsOnBorrowed } from "./borrowed.ts";

const headOf = (what: "function" | "procedure"): Settling => ({
  fields: ["arguments", "sqlBody"],
  trial({ schema, definition, text }) {
    const returns = what === "function" ? `returns ${definition("returns")}` : "";
    const body = text("sqlBody");
    return {
      make: `create ${what} ${schema}.${SCRATCH}(${definition("arguments")}) ${returns} language ${
        body === undefined ? "plpgsql as 'begin end'" : `sql ${body}`
      }`,
      read: `select pg_get_function_arguments(oid) as arguments, pg_get_function_sqlbody(oid) as "sqlBody"
        from pg_proc where pronamespace = $1::text::regnamespace and proname = '${SCRATCH}'`,
      parameters: [schema],
    };
  },
});

const ROUTINE_KIND =
  "case x.prokind when 'p' then 'procedure' when 'a' then 'aggregate' when 'w' then 'window function' else 'function' end";

const anyRoutine: Kind = inSchema("pg_proc", { name: "proname", schema: "pronamespace" }, ROUTINE_KIND, {
  name: "quote_ident(x.proname) || '(' || pg_get_function_identity_arguments(x.oid) || ')'",
  fields: {
    arguments: "pg_get_function_arguments(x.oid)",
    returns: "pg_get_function_result(x.oid)",
    volatility: "x.provolatile",
    parallel: "x.proparallel",
    strict: flag("x.proisstrict"),
    securityDefiner: flag("x.prosecdef"),
    leakproof: flag("x.proleakproof"),
    cost: "x.procost",
    rows: "nullif(x.prorows, 0)",
    support: routine("x.prosupport"),
    transforms: "(select jsonb_agg(t::regtype::text) from unnest(x.protrftypes) t)",
    config: "to_jsonb(x.proconfig)",
    body: "case when x.prosqlbody is null then x.prosrc end",
    sqlBody: "pg_get_function_sqlbody(x.oid)",
    aggregate: `(select jsonb_build_object('kind', a.aggkind, 'direct', a.aggnumdirectargs,
      'sfunc', ${routine("a.aggtransfn")}, 'final', ${routine("a.aggfinalfn")}, 'combine', ${routine("a.aggcombinefn")},
      'serial', ${routine("a.aggserialfn")}, 'deserial', ${routine("a.aggdeserialfn")}, 'msfunc', ${routine("a.aggmtransfn")},
      'minv', ${routine("a.aggminvtransfn")}, 'mfinal', ${routine("a.aggmfinalfn")}, 'extra', a.aggfinalextra,
      'mextra', a.aggmfinalextra, 'modify', a.aggfinalmodify, 'mmodify', a.aggmfinalmodify,
      'sort', (nullif(a.aggsortop, 0)::regoperator)::text, 'stype', a.aggtranstype::regtype::text, 'sspace', a.aggtransspace,
      'mstype', (nullif(a.aggmtranstype, 0)::regtype)::text, 'msspace', a.aggmtransspace, 'init', a.agginitval,
      'minit', a.aggminitval) from pg_aggregate a where a.aggfnoid = x.oid)`,
  },
  data: {
    owner: role("x.proowner"),
    grants: grants("x.proacl", "'f'", "x.proowner"),
    language: "(select lanname from pg_language where oid = x.prolang)",
    library: "x.probin",
  },
  also: [grantsOnBorrowed("pg_proc", "pro", "f")],
  settling: { function: headOf("function"), procedure: headOf("procedure") },
});

const aggregate: Kind = detail("pg_aggregate", "its routine");

export const ROUTINE_KINDS: readonly Kind[] = [anyRoutine, aggregate];
