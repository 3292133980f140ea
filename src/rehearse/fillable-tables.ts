/** The tables that can be given rows: which columns need a value, and which rows of other tables they refer to. */
import type { FillableColumn } from "./made-up-values.ts";

export interface FillableTable {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Those without a default: others have a value by themselves. */
  readonly columns: readonly FillableColumn[];
  readonly parents: readonly Parent[];
}

/** A table that another refers to. */
export interface Parent {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** For messages. */
  readonly table: string;
  /** The columns that refer, and those that are referred to. */
  readonly columns: readonly string[];
  readonly keys: readonly string[];
  /** Whether all of the referring columns need a value. */
  readonly notNull: boolean;
}

const COLUMNS = `
  select jsonb_agg(jsonb_build_object(
           'name', a.attname, 'notNull', a.attnotnull or t.typnotnull, 'type', format_type(a.atttypid, a.atttypmod),
           'base', e.typname, 'baseType', format_type(e.oid, case when b.oid = e.oid then m.modifier else -1 end), 'modifier', m.modifier,
           'isArray', b.oid <> e.oid, 'isEnum', e.typtype = 'e',
           'checks', (select coalesce(jsonb_agg(pg_get_expr(k.conbin, k.conrelid)), '[]') from pg_constraint k
                       where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum])) order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
         cross join lateral (select case when t.typtype = 'd' then t.typtypmod else a.atttypmod end as modifier) m
         join pg_type b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
         join pg_type e on e.oid = case when b.typcategory = 'A' and b.typelem <> 0 then b.typelem else b.oid end
   where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and not a.atthasdef and a.attidentity = '' and t.typdefault is null`;

const PARENTS = `
  select jsonb_agg(jsonb_build_object(
           'oid', k.confrelid::bigint, 'schema', pn.nspname, 'name', p.relname, 'table', p.relname,
           'columns', (select jsonb_agg(a.attname order by at) from unnest(k.conkey) with ordinality as one(number, at)
                         join pg_attribute a on a.attrelid = k.conrelid and a.attnum = number),
           'keys', (select jsonb_agg(a.attname order by at) from unnest(k.confkey) with ordinality as one(number, at)
                      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = number),
           'notNull', (select bool_and(a.attnotnull) from pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey))) order by k.conname)
    from pg_constraint k join pg_class p on p.oid = k.confrelid join pg_namespace pn on pn.oid = p.relnamespace
   where k.conrelid = c.oid and k.contype = 'f'`;

/** SQL: all but partitions, Drizzle's journal, and what belongs to an extension. */
export const FILLABLE: string = `
  select c.oid, n.nspname as schema, c.relname as name,
         coalesce((${COLUMNS}), '[]') as columns, coalesce((${PARENTS}), '[]') as parents
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'drizzle')
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   order by n.nspname, c.relname`;
