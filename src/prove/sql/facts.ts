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

/** As queries name it: with its schema, where the search path does not lead to it. */
const NAME = "case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end";

/**
 * What a worker asks, in each file of tests. Tables that another of the same name hides are left out: most of them are those of
 * other suites.
 */
export const FACTS_QUERY: string = `
  select coalesce(jsonb_agg(jsonb_build_object(
    'name', ${NAME},
    'columns', (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'required', a.attnotnull) order by a.attnum), '[]')
      from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'keys', (select coalesce(jsonb_agg((select jsonb_agg(a.attname order by a.attnum) from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum = any (x.indkey[0 : x.indnkeyatts - 1])) order by i.relname), '[]')
      from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid
      where x.indrelid = c.oid and x.indisunique and x.indisvalid and x.indimmediate and x.indpred is null and x.indexprs is null),
    'references', (select coalesce(jsonb_agg(jsonb_build_object(
        'columns', (select jsonb_agg(a.attname order by k.n) from unnest(f.conkey) with ordinality k (attnum, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum),
        'table', (select ${NAME} from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid = f.confrelid),
        'referenced', (select jsonb_agg(a.attname order by k.n) from unnest(f.confkey) with ordinality k (attnum, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum)) order by f.conname), '[]')
      from pg_catalog.pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.convalidated)
  ) order by c.relname), '[]')::text as facts
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|with_test_db|information_schema$|drizzle$)'
    and (pg_table_is_visible(c.oid) or n.nspname !~ '^it_' and not exists (select from pg_catalog.pg_class v
      where v.relname = c.relname and v.relkind in ('r', 'p') and pg_table_is_visible(v.oid)))`;
