/**
 * Tells whether clients use a server: clients that are connected, and clients that came and went between two looks, which
 * Postgres' own count of sessions shows. A server that does not answer counts as used: an idle server would be stopped.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";

const ANSWER_WITHIN = 10_000;

/** The process of this session on the server, how many others are connected, and how many sessions there have been. */
const LOOK = `
  select pg_backend_pid() as backend,
    (select count(*)::int from pg_stat_activity
      where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()) as clients,
    (select sum(sessions)::text from pg_stat_database) as sessions`;

interface Look {
  readonly backend: number;
  readonly clients: number;
  readonly sessions: string;
}

/** Takes a first look. The returned function takes another, and tells whether the server was used since the look before. */
export async function watchClients(
  sql: Sql,
  signal: AbortSignal,
  onNewSession: () => Promise<void>,
): Promise<() => Promise<boolean>> {
  const look = async (): Promise<Look | undefined> => {
    const late = sleep(ANSWER_WITHIN, [], { signal });
    const [row] = await Promise.race([sql.unsafe<Look[]>(LOOK), late]).catch(() => []);
    return row;
  };
  let last = await look();
  return async () => {
    const now = await look();
    try {
      if (now && now.backend !== last?.backend) await onNewSession();
    } catch {
      return true;
    }
    const isUsed = !now || now.sessions !== last?.sessions || now.clients > 0;
    last = now ?? last;
    return isUsed;
  };
}
