/**
 * Finds the server that callers use. A home directory that is not this user's alone is not even read, and the server is asked
 * whether it is the one that was written down: by now another may answer on its port.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { isHeld } from "../connections/advisory-lock.ts";
import { openSession, type Session } from "../connections/session.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { isTrusted } from "./home-directory.ts";
import { publishedFile, readState, type ServerState, targetOf } from "./server-state.ts";
import { SUPERVISOR_LOCK } from "./start-supervisor.ts";

interface FoundServer {
  readonly home: string;
  readonly state: ServerState;
  readonly supervised: boolean;
}

export async function findServer(homes: readonly string[]): Promise<FoundServer | undefined> {
  for (const home of homes) {
    const state = readPublished(home);
    const server = state && (await inspectServer(state));
    if (server) return { home, state, supervised: server.supervised };
  }
  return undefined;
}

/** The state of the server that is published in a home directory, running or not. */
export const readPublished = (home: string): ServerState | undefined =>
  isTrusted(home) ? readState(publishedFile(home)) : undefined;

/** Undefined where the server is not there, or another one answers. Throws where it is there, and has no connection free. */
export async function inspectServer(state: ServerState): Promise<{ readonly supervised: boolean } | undefined> {
  // a server whose package was removed still answers, but has no extensions any more
  if (!existsSync(join(state.native, "share"))) return undefined;
  let session: Session | undefined;
  try {
    session = await openSession(targetOf(state));
    const [row] = await session.rows<{ data: string; supervised: boolean }>(
      `select current_setting('data_directory') as data, ${isHeld(`${SUPERVISOR_LOCK}`)} as supervised`,
    );
    return row && resolve(row.data) === resolve(state.dataDirectory) ? row : undefined;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.tooManyConnections) throw error;
    return undefined; // the server has ended, or is shutting down
  } finally {
    await session?.close().catch(() => {});
  }
}
