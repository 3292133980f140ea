/** The tables that rows are for: found by their names in the catalog, with what decides the order and the end of loading. */
import type { Referring } from "../../catalog/foreign-key-order.ts";
import type { Session } from "../../connections/session.ts";
import { nearest } from "../../nearest.ts";
import { qualified } from "../../sql/identifiers.ts";

export interface LoadableTable extends Referring {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly parents: readonly Reference[];
  readonly sequences: readonly Sequence[];
}

export interface Reference {
  readonly oid: number;
  readonly notNull: boolean;
  /** The constraint's name. */
  readonly name: string;
  readonly deferrable: boolean;
}

/** What numbers a column. */
interface Sequence {
  readonly column: string;
  readonly schema: string;
  readonly name: string;
}

export const tableInSql = ({ schema, name }: Pick<LoadableTable, "schema" | "name">): string => qualified(schema, name);

// those of partitions follow their parent's
const REFERENCES = `
  select jsonb_agg(jsonb_build_object('oid', k.confrelid::bigint, 'name', k.conname, 'deferrable', k.condeferrable,
           'notNull', (select bool_and(a.attnotnull) from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey))) order by k.conname)
    from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0`;

// of an identity, of a serial, and of any default that calls nextval()
const SEQUENCES = `
  select jsonb_agg(distinct jsonb_build_object('column', a.attname, 'schema', sn.nspname, 'name', s.relname))
    from (select d.objid as sequence, d.refobjsubid as attnum from pg_depend d
           where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype in ('a', 'i')
           union select d.refobjid, f.adnum from pg_attrdef f join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid
           where f.adrelid = c.oid and d.refclassid = 'pg_class'::regclass) as one
         join pg_class s on s.oid = one.sequence and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attnum = one.attnum
   where a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)`;

const FOUND = `
  select wanted.name as wanted, c.oid, n.nspname as schema, c.relname as name,
         (select jsonb_agg(a.attname order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
         coalesce((${REFERENCES}), '[]') as parents, coalesce((${SEQUENCES}), '[]') as sequences
    from json_array_elements_text($1::text::json) as wanted(name)
         join pg_class c on c.oid = coalesce(to_regclass(quote_ident(wanted.name)), case when position('.' in wanted.name) > 0 then
           to_regclass(quote_ident(split_part(wanted.name, '.', 1)) || '.' || quote_ident(substr(wanted.name, position('.' in wanted.name) + 1))) end)
         join pg_namespace n on n.oid = c.relnamespace`;

const ALL = `
  select case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;

/** Words for a column that is not there. */
export function whyNoColumn({ name, columns }: LoadableTable, column: string): string {
  const meant = nearest(column, columns);
  const remedy = meant ? `did you mean ${JSON.stringify(meant)}?` : `it has ${columns.join(", ")}`;
  return `the table ${name} has no column ${JSON.stringify(column)}; ${remedy}`;
}

/** By the names that are wanted. Those that are not there are missing. */
export async function findTables(session: Session, names: readonly string[]): Promise<Map<string, LoadableTable>> {
  const rows = await session.rows<LoadableTable & { readonly wanted: string }>(FOUND, [
    JSON.stringify([...new Set(names)]),
  ]);
  return new Map(rows.map(({ wanted, ...table }) => [wanted, table]));
}

/** Words for a table that is not there. */
export async function whyMissing(session: Session, name: string): Promise<string> {
  const all = (await session.rows<{ name: string }>(ALL)).map((row) => row.name);
  const meant = nearest(name, all);
  return `there is no table ${JSON.stringify(name)}; ${meant ? `did you mean ${JSON.stringify(meant)}?` : `there are ${all.join(", ") || "none"}`}`;
}
