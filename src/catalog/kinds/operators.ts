/** Operators, and the classes and families by which values are indexed and sorted. */
import { flag, placed, role, routine } from "../expressions.ts";
import { type Kind, NO_EXPRESSION, none, plain } from "../kind.ts";

const operator: Kind = {
  ...plain("pg_operator", { name: "oprname", schema: "oprnamespace" }, () => ({
    kind: "'operator'",
    name: `x.oprname || ' (' || coalesce(nullif(x.oprleft, 0)::regtype::text, 'NONE') || ', '
  || coalesce(nullif(x.oprright, 0)::regtype::text, 'NONE') || ')'`,
    fields: {
      owner: role("x.oprowner"),
      function: routine("x.oprcode"),
      commutator: "(nullif(x.oprcom, 0)::regoperator)::text",
      negator: "(nullif(x.oprnegate, 0)::regoperator)::text",
      restrict: routine("x.oprrest"),
      join: routine("x.oprjoin"),
      merges: flag("x.oprcanmerge"),
      hashes: flag("x.oprcanhash"),
    },
  })),
  proof: [{ column: "oid", of: "operators" }],
};

const accessMethod = (oid: string): string => `(select quote_ident(amname) from pg_am where oid = ${oid})`;

const operatorClass: Kind = plain("pg_opclass", { name: "opcname", schema: "opcnamespace" }, () => ({
  kind: "'operator class'",
  name: `quote_ident(x.opcname) || ' using ' || ${accessMethod("x.opcmethod")}`,
  fields: {
    owner: role("x.opcowner"),
    family: `(select ${placed("f.opfnamespace", "f.opfname")} from pg_opfamily f where f.oid = x.opcfamily)`,
    type: "x.opcintype::regtype::text",
    key: "(nullif(x.opckeytype, 0)::regtype)::text",
    default: flag("x.opcdefault"),
  },
}));

const operatorFamily: Kind = plain("pg_opfamily", { name: "opfname", schema: "opfnamespace" }, () => ({
  kind: "'operator family'",
  name: `quote_ident(x.opfname) || ' using ' || ${accessMethod("x.opfmethod")}`,
  fields: {
    owner: role("x.opfowner"),
    operators: `(select jsonb_agg(e order by e collate "C") from (select a.amopstrategy || ' ' || a.amopopr::regoperator::text || ' ' || a.amoppurpose::text
    || coalesce(' ' || (select s.opfnamespace::regnamespace::text || '.' || quote_ident(s.opfname) from pg_opfamily s where s.oid = a.amopsortfamily), '') as e
    from pg_amop a where a.amopfamily = x.oid) entries)`,
    functions: `(select jsonb_agg(e order by e collate "C") from (select a.amprocnum || ' (' || a.amproclefttype::regtype::text || ', '
    || a.amprocrighttype::regtype::text || ') ' || a.amproc::regprocedure::text as e
    from pg_amproc a where a.amprocfamily = x.oid) entries)`,
  },
}));

const memberOfFamily = (catalog: string, column: string): Kind => ({
  catalog,
  place: { partOf: { pg_opfamily: column } },
  definitions: none("they are fields of the family"),
  settling: NO_EXPRESSION,
  proof: none("a row depends on its family, is counted with all that does, and is never changed"),
});

export const OPERATOR_KINDS: readonly Kind[] = [
  operator,
  operatorClass,
  operatorFamily,
  memberOfFamily("pg_amop", "amopfamily"),
  memberOfFamily("pg_amproc", "amprocfamily"),
];
