/** Operators, and the classes and families by which values are indexed and sorted. */
import { flag, placed, role, routine } from "../expressions.ts";
import { detail, inSchema, type Kind } from "../kind.ts";

const operator: Kind = inSchema("pg_operator", { name: "oprname", schema: "oprnamespace" }, "'operator'", {
  name: `x.oprname || ' (' || coalesce(nullif(x.oprleft, 0)::regtype::text, 'NONE') || ', '
  || coalesce(nullif(x.oprright, 0)::regtype::text, 'NONE') || ')'`,
  fields: {
    function: routine("x.oprcode"),
    commutator: "(nullif(x.oprcom, 0)::regoperator)::text",
    negator: "(nullif(x.oprnegate, 0)::regoperator)::text",
    restrict: routine("x.oprrest"),
    join: routine("x.oprjoin"),
    merges: flag("x.oprcanmerge"),
    hashes: flag("x.oprcanhash"),
  },
  data: { owner: role("x.oprowner") },
});

const accessMethod = (oid: string): string => `(select quote_ident(amname) from pg_am where oid = ${oid})`;

const operatorClass: Kind = inSchema("pg_opclass", { name: "opcname", schema: "opcnamespace" }, "'operator class'", {
  name: `quote_ident(x.opcname) || ' using ' || ${accessMethod("x.opcmethod")}`,
  fields: {
    family: `(select ${placed("f.opfnamespace", "f.opfname")} from pg_opfamily f where f.oid = x.opcfamily)`,
    type: "x.opcintype::regtype::text",
    key: "(nullif(x.opckeytype, 0)::regtype)::text",
    default: flag("x.opcdefault"),
  },
  data: { owner: role("x.opcowner") },
});

const operatorFamily: Kind = inSchema("pg_opfamily", { name: "opfname", schema: "opfnamespace" }, "'operator family'", {
  name: `quote_ident(x.opfname) || ' using ' || ${accessMethod("x.opfmethod")}`,
  fields: {
    operators: `(select jsonb_agg(e order by e collate "C") from (select a.amopstrategy || ' ' || a.amopopr::regoperator::text || ' ' || a.amoppurpose::text
    || coalesce(' ' || (select s.opfnamespace::regnamespace::text || '.' || quote_ident(s.opfname) from pg_opfamily s where s.oid = a.amopsortfamily), '') as e
    from pg_amop a where a.amopfamily = x.oid) entries)`,
    functions: `(select jsonb_agg(e order by e collate "C") from (select a.amprocnum || ' (' || a.amproclefttype::regtype::text || ', '
    || a.amprocrighttype::regtype::text || ') ' || a.amproc::regprocedure::text as e
    from pg_amproc a where a.amprocfamily = x.oid) entries)`,
  },
  data: { owner: role("x.opfowner") },
});

const memberOfFamily = (catalog: string, column: string): Kind => ({
  ...detail(catalog, "its family"),
  place: { partOf: { pg_opfamily: column } },
});

export const OPERATOR_KINDS: readonly Kind[] = [
  operator,
  operatorClass,
  operatorFamily,
  memberOfFamily("pg_amop", "amopfamily"),
  memberOfFamily("pg_amproc", "amprocfamily"),
];
