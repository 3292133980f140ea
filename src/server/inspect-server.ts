/** Asks a server whether it is the one that was written down: by now somebody else's may answer on its port. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { openSession } from "../connections/session.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { type ServerState, targetOf } from "./server-state.ts";

/** The advisory lock that a server's supervisor holds in it; the same numbers are in supervisor.ts. */
const SUPERVISED = `exists (select from pg_locks
  where locktype = 'advisory' and classid = 2004116578 and objid = 1 and objsubid = 2 and granted)`;

/**
 * Connects once and asks once. Undefined: it is not there, or it is another.
 *
 * @throws TestDbError when it is there, but has no connection free
 */
export async function inspectServer(state: ServerState): Promise<{ readonly supervised: boolean } | undefined> {
  // a server whose package was removed still answers, but has no extensions any more
  if (!existsSync(join(state.native, "share"))) return undefined;
  let session: Awaited<ReturnType<typeof openSession>>;
  try {
    session = await openSession(targetOf(state));
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.tooManyConnections) throw error;
    return undefined;
  }
  try {
    const [row] = await session.rows<{ data_directory: string; supervised: boolean }>(
      `select current_setting('data_directory') as data_directory, ${SUPERVISED} as supervised`,
    );
    if (!row || resolve(row.data_directory) !== resolve(state.dataDirectory)) return undefined;
    return { supervised: row.supervised };
  } catch {
    return undefined; // it was shutting down
  } finally {
    await session.close().catch(() => {});
  }
}
