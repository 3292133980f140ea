/**
 * Tells whether clients use a server: clients that are connected, and clients that came and went between two looks, which
 * Postgres' own count of sessions shows. A server that does not answer counts as used: an idle server would be stopped.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";

/** How long an answer is waited for, in milliseconds. */
const PATIENCE = 10_000;

interface Look {
  /** The process of this session on the server. */
  readonly backend: number;
  /** How many others are connected. */
  readonly clients: number;
  /** How many sessions there have been. */
  readonly sessions: string;
}

/**
 * Takes a first look. The function that is returned takes another, and tells whether the server was used since the look before.
 *
 * @param signal - ends the waiting for an answer
 * @param onNewSession - called when `sql` has connected anew, before the look counts
 */
export async function watchClients(
  sql: Sql,
  signal: AbortSignal,
  onNewSession: () => Promise<void>,
): Promise<() => Promise<boolean>> {
  let last = await look(sql, signal);
  return async () => {
    const now = await look(sql, signal);
    if (!now) return true;
    try {
      if (now.backend !== last?.backend) await onNewSession();
    } catch {
      return true;
    }
    const changed = now.sessions !== last?.sessions;
    last = now;
    return changed || now.clients > 0;
  };
}

async function look(sql: Sql, signal: AbortSignal): Promise<Look | undefined> {
  const query = sql<Look[]>`
    select pg_backend_pid() as backend,
      (select count(*)::int from pg_stat_activity
        where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()) as clients,
      (select sum(sessions)::text from pg_stat_database) as sessions`;
  const late = sleep(PATIENCE, [], { signal });
  const [row] = await Promise.race([query, late]).catch(() => []);
  return row;
}
