/**
 * Waiting for a connection to a server that has none left. The callers of one process stand in a queue, first in, first out,
 * and only the first asks the server, again and again, until its deadline. Where the server has room, no caller waits.
 */
import { TestDbError } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { describeServer, type Target } from "../target/target.ts";
import { clearTimeout, now, setTimeout, sleep } from "../timers.ts";

/** How long a connection is waited for where no deadline is given, in milliseconds. */
export const DEADLINE = 60_000;
/** After how many milliseconds waiting is worth a notice. */
const NOTICE_AFTER = 2_000;
/** How many callers of one process connect at once: a server answers no sooner where more do. */
const AT_ONCE = 4;
/** Between two attempts of the first caller, in milliseconds; with jitter, so that processes do not ask in step. */
const [SHORTEST_PAUSE, LONGEST_PAUSE] = [50, 250];

/**
 * SQL: whether nine tenths of the connections that every role may use are taken, or of those that this role may, so that some
 * process may be waiting for one. `reserved_connections` is new in PostgreSQL 16.
 */
export const IS_CROWDED: string = `(select (select sum(numbackends) from pg_stat_database) >= 0.9 * (current_setting('max_connections')::int
  - current_setting('superuser_reserved_connections')::int - coalesce(current_setting('reserved_connections', true)::int, 0))
  or exists (select from pg_roles r where r.rolname = current_user and not r.rolsuper and r.rolconnlimit >= 0
     and (select count(*) from pg_stat_activity a where a.usesysid = r.oid) >= 0.9 * r.rolconnlimit))`;

/** Whether the server has no connection left: for anybody, for this role, or for this database. */
export const isFull = (error: unknown): boolean => postgresError(error)?.code === SQLSTATE.tooManyConnections;

/** One per server and role: a role may have a limit of its own, and must not keep another role waiting. */
const queues = new Map<string, Queue>();

/**
 * Connects as soon as the server has room.
 *
 * @param deadline - in milliseconds; 0 tries once
 * @param connect - one attempt; an error that `isFull` says that the server had no connection left
 * @throws TestDbError `SERVER_FULL` after the deadline; other errors of `connect` as they are
 */
export async function whenThereIsRoom<T>(target: Target, deadline: number, connect: () => Promise<T>): Promise<T> {
  const key = JSON.stringify([target.host, target.port, target.user]);
  const queue = queues.get(key) ?? new Queue();
  queues.set(key, queue);
  const place = queue.join();
  const began = now();
  const left = (): number => began + deadline - now();
  let refusal: unknown;
  try {
    while (await queue.turn(place, left())) {
      try {
        return await connect();
      } catch (error) {
        if (!isFull(error)) throw error;
        refusal = error;
        queue.isFull = true;
      }
      if (left() <= 0) break;
      if (deadline - left() > NOTICE_AFTER) noticeOnce(waitingNotice(target, deadline));
      await sleep(Math.min(left(), SHORTEST_PAUSE + Math.random() * (LONGEST_PAUSE - SHORTEST_PAUSE)));
    }
    throw queue.isFull ? fullError(target, deadline, queue.length - 1, refusal) : unansweredError(target, deadline);
  } finally {
    queue.leave(place);
    if (queue.length === 0 && queues.get(key) === queue) queues.delete(key);
  }
}

/** A caller's place in the queue. */
interface Place {
  /** Has the caller look whether its turn has come. */
  wake(): void;
}

class Queue {
  readonly #places: Place[] = [];
  /** Whether a caller was refused since the queue was empty: from then on only the first one connects. */
  isFull = false;

  get length(): number {
    return this.#places.length;
  }

  join(): Place {
    const place: Place = { wake: () => {} };
    this.#places.push(place);
    return place;
  }

  leave(place: Place): void {
    this.#places.splice(this.#places.indexOf(place), 1);
    for (const next of this.#places.slice(0, this.#width)) next.wake();
  }

  /** Resolves to true when the place may connect, and to false once `time` milliseconds have passed. */
  async turn(place: Place, time: number): Promise<boolean> {
    const until = now() + time;
    while (this.#places.indexOf(place) >= this.#width) {
      const left = until - now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        place.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  get #width(): number {
    return this.isFull ? 1 : AT_ONCE;
  }
}

const waitingNotice = (target: Target, deadline: number): string =>
  `waiting for a connection to ${describeServer(target)}, for up to ${deadline / 1000} s: all its connections are in use; raise its max_connections, or run fewer suites at once`;

function fullError(target: Target, deadline: number, others: number, refusal: unknown): TestDbError {
  const refused = postgresError(refusal);
  const waiting = others > 0 && `${others} more calls of this process wait`;
  const fewer = "run fewer suites at once, or wait longer: withTestDb({ deadline: 300_000, … })";
  return new TestDbError("SERVER_FULL", {
    what: `No connection to ${describeServer(target)} was free within ${deadline / 1000} s`,
    why: [refused && postgresWords(refused), waiting].filter(Boolean).join("\n") || undefined,
    next:
      target.origin === "embedded"
        ? fewer
        : `psql -c 'alter system set max_connections = 300' and restart that server; or ${fewer}`,
    cause: refusal,
  });
}

const unansweredError = (target: Target, deadline: number): TestDbError =>
  new TestDbError("SERVER_UNREACHABLE", {
    what: `No connection to ${describeServer(target)} within ${deadline / 1000} s`,
    why: `${AT_ONCE} other calls of this process wait for the server's answer`,
    next: "see what that server and this machine are busy with; run fewer suites at once, or wait longer: withTestDb({ deadline: 300_000, … })",
  });
