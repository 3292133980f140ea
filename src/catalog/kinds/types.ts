/** Types, and casts and transforms of them. */
import { comment, exists, FIRST_USER_OID, flag, grants, notMembers, placed, role, routine } from "../expressions.ts";
import { detail, type InSchema, inSchema, type Kind, outside } from "../kind.ts";
import { grantsOnBorrowed } from "./borrowed.ts";

const place: InSchema = {
  name: "typname",
  schema: "typnamespace",
  // every type has an array, and a relation has a row type
  implied: `exists (select from pg_type element where element.typarray = x.oid)
          or exists (select from pg_class c where c.oid = x.typrelid and c.relkind <> 'c')`,
  // array types and row types stand for what they are made of
  borrowed: "x.typrelid > 0 or x.typcategory = 'A'",
};

const TYPE_KIND = `case x.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range type'
  when 'm' then 'multirange type' when 'c' then 'composite type' else 'type' end`;

const type: Kind = inSchema("pg_type", place, TYPE_KIND, {
  fields: {
    base: "case x.typtype when 'd' then format_type(x.typbasetype, x.typtypmod) end",
    notNull: flag("x.typnotnull"),
    default: "coalesce(pg_get_expr(x.typdefaultbin, 'pg_type'::regclass), x.typdefault)",
    collation: `case when x.typcollation <> coalesce((select b.typcollation from pg_type b where b.oid = x.typbasetype), 0)
      then x.typcollation::regcollation::text end`,
    range: `(select jsonb_build_object('subtype', r.rngsubtype::regtype::text, 'multirange', r.rngmultitypid::regtype::text,
      'collation', nullif(r.rngcollation, 0)::regcollation::text, 'canonical', ${routine("r.rngcanonical")},
      'difference', ${routine("r.rngsubdiff")},
      'opclass', (select ${placed("o.opcnamespace", "o.opcname")} from pg_opclass o where o.oid = r.rngsubopc))
      from pg_range r where r.rngtypid = x.oid)`,
    details: `case when x.typtype in ('b', 'p') then jsonb_build_object('defined', x.typisdefined, 'length', x.typlen,
      'byValue', x.typbyval, 'category', x.typcategory, 'preferred', x.typispreferred, 'delimiter', x.typdelim,
      'align', x.typalign, 'storage', x.typstorage, 'element', nullif(x.typelem, 0)::regtype::text,
      'input', ${routine("x.typinput")}, 'output', ${routine("x.typoutput")}, 'receive', ${routine("x.typreceive")},
      'send', ${routine("x.typsend")}, 'modIn', ${routine("x.typmodin")}, 'modOut', ${routine("x.typmodout")},
      'analyze', ${routine("x.typanalyze")}, 'subscript', ${routine("x.typsubscript")}) end`,
  },
  data: {
    owner: role("x.typowner"),
    grants: grants("x.typacl", "'T'", "x.typowner"),
    labels: "(select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = x.oid)",
  },
  // array types and tables' row types follow from what they belong to
  where: `not exists (select from pg_type e where e.typarray = x.oid)
  and (x.typrelid = 0 or (select c.relkind from pg_class c where c.oid = x.typrelid) = 'c')`,
  also: [grantsOnBorrowed("pg_type", "typ", "T")],
  settling: {
    domain: {
      fields: ["default"],
      trial: ({ whole, definition }) => ({
        make: `alter domain ${whole} set default ${definition("default")}`,
        read: "select pg_get_expr(typdefaultbin, 'pg_type'::regclass) as default from pg_type where oid = $1::text::regtype",
        parameters: [whole],
      }),
    },
  },
});

const cast: Kind = outside("pg_cast", "'cast'", {
  name: "format_type(x.castsource, null) || ' as ' || format_type(x.casttarget, null)",
  fields: {
    function: routine("x.castfunc"),
    context: "x.castcontext",
    method: "x.castmethod",
    comment: comment("pg_cast", "x.oid"),
  },
  // a range brings its own cast to its multirange
  from: `${notMembers("pg_cast")} and x.oid >= ${FIRST_USER_OID}
  and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = x.oid and d.deptype = 'i')`,
  there: exists("pg_cast"),
});

const transform: Kind = outside("pg_transform", "'transform'", {
  name: "format_type(x.trftype, null) || ' for ' || (select quote_ident(lanname) from pg_language where oid = x.trflang)",
  fields: { from: routine("x.trffromsql"), to: routine("x.trftosql") },
  from: notMembers("pg_transform"),
});

export const TYPE_KINDS: readonly Kind[] = [
  type,
  detail("pg_enum", "its type"),
  detail("pg_range", "its type"),
  cast,
  transform,
];
