/** What the objects of a schema depend on outside of it, as Postgres recorded it. The bodies of functions are no part of that. */
import type { Session } from "../connections/session.ts";
import { FIRST_USER_OID, isMember } from "./kind.ts";
import { pinned } from "./read-catalog.ts";

/** One dependency that leaves the schema. */
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
    readonly extension: string | undefined;
    /** Whether it is in the schema itself. */
    readonly inside: boolean;
  };
}

interface Row {
  readonly kind: string;
  readonly name: string;
  readonly to_kind: string;
  readonly to_schema: string | null;
  readonly to_name: string;
  readonly extension: string | null;
  readonly inside: boolean;
}

/** The catalogs whose rows have a schema, with the columns that say which. */
const IN_SCHEMA = [
  ["pg_proc", "pronamespace"],
  ["pg_operator", "oprnamespace"],
  ["pg_opclass", "opcnamespace"],
  ["pg_opfamily", "opfnamespace"],
  ["pg_collation", "collnamespace"],
  ["pg_conversion", "connamespace"],
  ["pg_statistic_ext", "stxnamespace"],
  ["pg_ts_config", "cfgnamespace"],
  ["pg_ts_dict", "dictnamespace"],
  ["pg_ts_parser", "prsnamespace"],
  ["pg_ts_template", "tmplnamespace"],
] as const;

/** The catalogs whose rows are part of something that has a schema. */
const PART_OF = [
  ["pg_constraint", "conrelid", "pg_class"],
  ["pg_constraint", "contypid", "pg_type"],
  ["pg_attrdef", "adrelid", "pg_class"],
  ["pg_rewrite", "ev_class", "pg_class"],
  ["pg_trigger", "tgrelid", "pg_class"],
  ["pg_policy", "polrelid", "pg_class"],
  ["pg_amop", "amopfamily", "pg_opfamily"],
  ["pg_amproc", "amprocfamily", "pg_opfamily"],
] as const;

/**
 * What belongs to an extension has no record of its own where it is a part: an index, a row type, an array type.
 * `borrowed` says that of them too. Array types and tables' row types stand for what they are made of.
 *
 * A dependency on the schema itself counts from another schema only: a default may hold `'public'::regnamespace`.
 * Postgres' own triggers carry the dependencies of foreign keys that come in from elsewhere.
 */
const QUERY = `with here as (select oid from pg_namespace where nspname = $1::text),
placed as materialized (
  select 'pg_class'::regclass::oid as classid, c.oid as objid,
    ${isMember("pg_class", "c.oid")} or ${isMember("pg_type", "c.reltype")}
      or c.relkind in ('i', 'I') and ${isMember("pg_class", "(select x.indrelid from pg_index x where x.indexrelid = c.oid)")} as borrowed
  from pg_class c join here on here.oid = c.relnamespace
  union all
  select 'pg_type'::regclass, t.oid, t.typrelid > 0 or t.typcategory = 'A' or ${isMember("pg_type", "t.oid")}
  from pg_type t join here on here.oid = t.typnamespace
  ${IN_SCHEMA.map(
    ([catalog, column]) =>
      `union all select '${catalog}'::regclass, x.oid, ${isMember(catalog, "x.oid")} from ${catalog} x join here on here.oid = x.${column}`,
  ).join("\n  ")}
), mine as materialized (
  select * from placed
  ${PART_OF.map(
    ([catalog, column, whole]) =>
      `union all select '${catalog}'::regclass, x.oid, p.borrowed or ${isMember(catalog, "x.oid")}${catalog === "pg_trigger" ? " or x.tgisinternal" : ""}
  from ${catalog} x join placed p on p.classid = '${whole}'::regclass and p.objid = x.${column}`,
  ).join("\n  ")}
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
    and not (d.refclassid = 'pg_namespace'::regclass and d.refobjid = (select oid from here))
)
select f.type as kind, o.inside, f.identity as name, t.type as to_kind, t.schema as to_schema, t.identity as to_name, x.extname as extension
from dependencies l
  left join pg_depend e on e.classid = l.refclassid and e.objid = l.refobjid and e.deptype = 'e'
  left join pg_extension x on x.oid = e.refobjid,
  lateral pg_identify_object(l.classid, l.objid, l.objsubid) f,
  lateral pg_identify_object(l.refclassid, l.refobjid, 0) t,
  lateral (select x.oid is null and exists (select from mine m where m.classid = l.refclassid and m.objid = l.refobjid) as inside) o
where not o.inside or l.refclassid in ('pg_operator'::regclass, 'pg_proc'::regclass)
order by 1, 3, 4, 6`;

/**
 * The dependencies of one schema's objects on objects that are neither in it nor in a system schema; and on members of
 * extensions, wherever those are.
 */
export async function readReferences(session: Session, schema = "public"): Promise<Reference[]> {
  return (await readDependencies(session, schema)).filter(({ to }) => !to.inside);
}

/** The same, and the operators and functions of the schema that its objects use: not all of them show in a definition. */
export async function readDependencies(session: Session, schema: string): Promise<Reference[]> {
  const rows = await pinned(session, () => session.rows<Row>(QUERY, [schema]));
  return rows.map(({ kind, name, to_kind, to_schema, to_name, extension, inside }) => ({
    kind,
    name,
    to: { kind: to_kind, schema: to_schema ?? "", name: to_name, extension: extension ?? undefined, inside },
  }));
}
