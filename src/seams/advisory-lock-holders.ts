/** Who holds a unit's advisory locks: what a service reserves a connection for, and a test can't ask. */
import { type ConnectableUnit, isOfUnit, withUnitConnection } from "./unit-connection.ts";

/**
 * The server's processes of the unit's connections that hold an advisory lock, of a session or of a transaction, the longest
 * connected first.
 *
 * @example
 * ```ts
 * const [holder] = await advisoryLockHolders(testDb);
 * await killConnection(testDb, holder!);
 * ```
 */
export const advisoryLockHolders = (testDb: ConnectableUnit<unknown, unknown>): Promise<number[]> =>
  withUnitConnection(testDb, (askJson) =>
    askJson<number[]>(`
      select coalesce(json_agg(a.pid order by a.backend_start, a.pid), '[]')::text as pids from pg_stat_activity a
       where ${isOfUnit(testDb)} and exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.granted)`),
  );
