/** What the objects of a schema depend on, as Postgres recorded it. The bodies of functions are no part of that. */
import type { Session } from "../connections/session.ts";
import { FIRST_USER_OID, isMember } from "./expressions.ts";
import { KINDS } from "./kinds.ts";
import { pinned } from "./pinned.ts";
import { NAMED_OBJECTS } from "./read-object-names.ts";

/** One dependency. */
export interface Reference {
  /** What depends, in Postgres' words: "table constraint", "default value", "policy" … */
  readonly kind: string;
  /** Its identity, with its schema. */
  readonly name: string;
  readonly to: {
    readonly kind: string;
    readonly schema: string;
    readonly name: string;
    /** The extension it is a member of, if it is one. */
    readonly extension?: string;
    /** Whether it is in the schema itself. */
    readonly inside: boolean;
  };
}

/**
 * The dependencies of one schema's objects on objects that are neither in it nor in a system schema; on members of
 * extensions, wherever those are; and on operators and functions of the schema, not all of which show in a definition.
 */
export async function readDependencies(session: Session, schema: string): Promise<Reference[]> {
  return pinned(session, () => session.rows<Reference>(QUERY, [schema]));
}

const PARTS: readonly string[] = KINDS.flatMap(({ catalog, place }) => {
  if (!("partOf" in place)) return [];
  const { partOf, borrowed = "false" } = place;
  return Object.entries(partOf).map(
    ([whole, column]) => `select '${catalog}'::regclass, x.oid,
    p.borrowed or ${isMember(catalog, "x.oid")} or ${borrowed}
  from ${catalog} x join placed p on p.classid = '${whole}'::regclass and p.objid = x.${column}`,
  );
});

/**
 * A dependency on the schema itself counts from another schema only: a default may hold `'public'::regnamespace`. Array
 * types and tables' row types stand for what they are made of.
 */
const QUERY = `with placed as materialized (
  select classid, objid, extension is not null or borrowed as borrowed from (${NAMED_OBJECTS}) objects
), mine as materialized (
  ${["select * from placed", ...PARTS].join("\n  union all\n  ")}
), dependencies as (
  select distinct d.classid, d.objid, d.objsubid,
    case when r.oid is not null then 'pg_class'::regclass::oid else d.refclassid end as refclassid,
    coalesce(r.oid, t.oid, d.refobjid) as refobjid
  from mine m join pg_depend d on d.classid = m.classid and d.objid = m.objid
    left join pg_type a on d.refclassid = 'pg_type'::regclass and a.oid = d.refobjid
    left join pg_type t on t.oid = case when a.typcategory = 'A' and a.typelem <> 0 then a.typelem else a.oid end
    left join pg_class r on r.oid = t.typrelid and r.relkind <> 'c'
  where not m.borrowed and d.refclassid <> 'pg_extension'::regclass
    and (d.refobjid >= ${FIRST_USER_OID} or d.refclassid = 'pg_namespace'::regclass)
    and not (d.refclassid = 'pg_namespace'::regclass and d.refobjid = (select oid from pg_namespace where nspname = $1::text))
)
select f.type as kind, f.identity as name, jsonb_strip_nulls(jsonb_build_object('kind', t.type, 'schema', coalesce(t.schema, ''),
  'name', t.identity, 'extension', x.extname, 'inside', o.inside)) as "to"
from dependencies l
  left join pg_depend e on e.classid = l.refclassid and e.objid = l.refobjid and e.deptype = 'e'
  left join pg_extension x on x.oid = e.refobjid,
  lateral pg_identify_object(l.classid, l.objid, l.objsubid) f,
  lateral pg_identify_object(l.refclassid, l.refobjid, 0) t,
  lateral (select x.oid is null and exists (select from mine m where m.classid = l.refclassid and m.objid = l.refobjid) as inside) o
where not o.inside or l.refclassid in ('pg_operator'::regclass, 'pg_proc'::regclass)
order by f.type, f.identity, t.type, t.identity`;
