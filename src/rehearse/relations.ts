/** The tables and indexes of a database, their rows and files; and what a transaction has done to them, as the transaction itself sees it. */
import type { Session } from "../connections/session.ts";
import { qualified } from "../sql/identifiers.ts";
import { shownName } from "../words.ts";

export interface Relation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** As in pg_class. */
  readonly kind: string;
  /** Of an index: its table. */
  readonly of: number | null;
  /** Of a partition: the table that all of its partitions are parts of. */
  readonly root: number | null;
  readonly filenode: number | null;
  readonly bytes: number;
  readonly countable: boolean;
}

/** What a transaction holds, and has changed so far, in one relation. */
export interface Touched {
  readonly oid: number;
  readonly schema: string | null;
  readonly name: string | null;
  readonly kind: string | null;
  readonly filenode: number | null;
  /** Whether nothing is in the file. */
  readonly isEmpty: boolean;
  readonly modes: readonly string[];
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** A partitioned table's rows are in its partitions. */
const WITH_ROWS = "('r', 'm')";
const KINDS = "('r', 'p', 'm', 'i', 'I')";

/** All of them but the system's own. What an extension owns is as the extension has it. */
export const readRelations = (session: Session): Promise<Relation[]> =>
  session.rows<Relation & Record<string, unknown>>(
    `select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind, i.indrelid as of,
            case when c.relispartition then pg_partition_root(c.oid)::oid end as root,
            pg_relation_filenode(c.oid) as filenode, pg_table_size(c.oid)::float8 as bytes,
            c.relkind in ${WITH_ROWS} and c.relispopulated and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
              and not row_security_active(c.oid) as countable
       from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_index i on i.indexrelid = c.oid
      where c.relkind in ${KINDS} and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by n.nspname, c.relname`,
  );

/**
 * Every relation that the session's transaction has a lock on. Locks that were taken in it are held until it ends, and what it has
 * made is visible to no other session. All names are qualified: a migration may set the search_path, which SET LOCAL would undo.
 */
export const readTouched = (session: Session): Promise<Touched[]> =>
  session.rows<Touched & Record<string, unknown>>(
    `select l.relation as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
            pg_catalog.pg_relation_filenode(c.oid) as filenode,
            coalesce(pg_catalog.pg_relation_size(c.oid) = 0, false) as "isEmpty", l.modes,
            coalesce(pg_catalog.pg_stat_get_xact_tuples_inserted(l.relation), 0)::pg_catalog.float8 as inserted,
            coalesce(pg_catalog.pg_stat_get_xact_tuples_updated(l.relation), 0)::pg_catalog.float8 as updated,
            coalesce(pg_catalog.pg_stat_get_xact_tuples_deleted(l.relation), 0)::pg_catalog.float8 as deleted
       from (select k.relation, pg_catalog.jsonb_agg(k.mode) as modes from pg_catalog.pg_locks k
              where k.pid = pg_catalog.pg_backend_pid() and k.locktype = 'relation' and k.granted
                and k.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
              group by k.relation) l
       left join pg_catalog.pg_class c on c.oid = l.relation left join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname is null or (n.nspname !~ '^pg_' and n.nspname <> 'information_schema')`,
  );

/** The exact number of rows of each, one table after the other. */
export async function countRows(
  session: Session,
  relations: readonly Relation[],
  now: (name: string) => void = () => {},
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const { oid, schema, name, countable } of relations) {
    if (!countable) continue;
    now(shownName({ schema, name }));
    const [row] = await session.rows<{ rows: number }>(
      `select pg_catalog.count(*)::pg_catalog.float8 as rows from only ${qualified(schema, name)}`,
    );
    counts.set(oid, row?.rows ?? 0);
  }
  return counts;
}
