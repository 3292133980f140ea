/** What a proof knows of the tables: enough to leave out alterations that change nothing, whatever rows there are. */

export interface TableFacts {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly required: boolean }[];
  /** The columns of each primary key and unique constraint or index, where it holds for all rows. */
  readonly keys: readonly (readonly string[])[];
  readonly references: readonly {
    readonly columns: readonly string[];
    readonly table: string;
    readonly referenced: readonly string[];
  }[];
}

/** What a worker asks, in each file of tests. Other units are in schemas of their own: tables of one name in two schemas are taken for one only where they are alike. */
export const FACTS_QUERY = `
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', c.relname,
    'columns', (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'required', a.attnotnull) order by a.attnum), '[]')
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'keys', (select coalesce(jsonb_agg((select jsonb_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum = any (x.indkey[0 : x.indnkeyatts - 1]))), '[]')
      from pg_catalog.pg_index x where x.indrelid = c.oid and x.indisunique and x.indpred is null and x.indexprs is null),
    'references', (select coalesce(jsonb_agg(jsonb_build_object(
        'columns', (select jsonb_agg(a.attname order by k.n) from unnest(f.conkey) with ordinality k (attnum, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum),
        'table', (select relname from pg_catalog.pg_class where oid = f.confrelid),
        'referenced', (select jsonb_agg(a.attname order by k.n) from unnest(f.confkey) with ordinality k (attnum, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum))), '[]')
      from pg_catalog.pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.convalidated)
  )), '[]')::text as facts
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p')
    and (n.nspname = any (current_schemas(false)) or n.nspname !~ '^(pg_|it_|with_test_db|information_schema$|drizzle$)')`;
