/**
 * Looks, now and then, whether others wait: who waits for a connection has none to say it with, so a process that holds
 * units looks for itself. While nothing of its own idles, it does not even ask.
 */

import type { Session } from "../connections/session.ts";
import { hasRoom, makeRoom } from "./room.ts";

/** How often, in milliseconds. */
const LOOK_EVERY = 2_000;

/** How many connections there are for everybody; `reserved_connections` is new in 16. */
export const FOR_EVERYBODY = `(current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true)::int, 0))`;

/** Nine tenths: those who wait take what is free within moments. */
const IS_FULL = `select (select sum(numbackends) from pg_stat_database) >= 0.9 * ${FOR_EVERYBODY} as full`;

/** Makes room for other processes whenever the server is full, until the returned function is called. */
export function keepRoom(session: Session): () => void {
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking || !hasRoom(session.target)) return;
    looking = true;
    try {
      const [row] = await session.rows<{ full: boolean }>(IS_FULL);
      if (row?.full) makeRoom(session.target);
    } catch {
      // a server that is gone is full of nobody; whoever needs it next will say so
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY).unref();
  return () => clearInterval(timer);
}
