/** Waits for the fact that a connection waits for a lock, as the server knows it, and not for a time in which that is likely. */
import { AssertionError } from "node:assert";
import { TestDbError } from "../errors.ts";
import { now, sleep } from "../timers.ts";
import { counted } from "../words.ts";
import { type AskJson, type ConnectableUnit, isOfUnit, unitName, withUnitConnection } from "./unit-connection.ts";

const INTERVAL = 10;

export interface BlockUntilWaitingOptions {
  /** The server's process that has to wait, as `backendPid()` tells it; any of the unit's connections unless given. */
  readonly pid?: number;
  /** How many connections have to wait at once. `@default 1` */
  readonly connections?: number;
  /** Milliseconds until that is an error. `@default 5_000` */
  readonly deadline?: number;
}

/** A connection that waits for a lock. */
export interface Waiting {
  /** The server's process. */
  readonly pid: number;
  /** The statement that waits. */
  readonly query: string;
  /** Of what kind the lock is, as `pg_locks` says: `transactionid` for a row that another transaction wrote, `advisory`, `relation` … */
  readonly lock: string;
  /** `ShareLock`, `AccessExclusiveLock` … */
  readonly mode: string;
  /** The processes that hold the lock, or are in line before this one. 0 is a prepared transaction. */
  readonly blockedBy: readonly number[];
}

/**
 * Waits until a connection of the unit waits for a lock: for a row, a table or an advisory lock that another one holds.
 *
 * @returns the connections that wait, the longest connected first
 * @throws AssertionError after `deadline`; it says what the unit's connections did instead
 *
 * @example
 * ```ts
 * await testDb.db.transaction(async (tx) => {
 *   await tx.update(systems).set({ tier: 1 });
 *   const update = other.db.update(systems).set({ tier: 2 }).execute(); // begins: a query of Drizzle's does when it is awaited
 *   await blockUntilWaiting(testDb);
 *   …
 * });
 * ```
 */
export async function blockUntilWaiting(
  testDb: ConnectableUnit<unknown, unknown>,
  { pid, connections = 1, deadline = 5_000 }: BlockUntilWaitingOptions = {},
): Promise<readonly Waiting[]> {
  for (const [name, value] of Object.entries({ pid: pid ?? 1, connections, deadline })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new TestDbError("OPTION_INVALID", {
      what: `The option ${name} of blockUntilWaiting() is ${String(value)}`,
      next: "give a whole number from 1 on",
    });
  }
  return withUnitConnection(testDb, async (askJson) => {
    const end = now() + deadline;
    for (;;) {
      const waiting = (await readWaiting(askJson, testDb)).filter((each) => pid === undefined || each.pid === pid);
      if (waiting.length >= connections) return waiting;
      if (now() >= end) throw await inVain(askJson, testDb, { pid, connections, deadline });
      await sleep(INTERVAL);
    }
  });
}

const readWaiting = (askJson: AskJson, testDb: ConnectableUnit<unknown, unknown>): Promise<Waiting[]> =>
  askJson(`
    select coalesce(json_agg(json_build_object('pid', a.pid, 'query', a.query, 'lock', l.locktype, 'mode', l.mode,
             'blockedBy', pg_blocking_pids(a.pid)) order by a.backend_start, a.pid), '[]')::text as waiting
      from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
     where ${isOfUnit(testDb)} and cardinality(pg_blocking_pids(a.pid)) > 0`);

async function inVain(
  askJson: AskJson,
  testDb: ConnectableUnit<unknown, unknown>,
  { pid, connections, deadline }: { pid: number | undefined; connections: number; deadline: number },
): Promise<AssertionError> {
  const found = await askJson<{ pid: number; state: string | null; waits: boolean; query: string }[]>(`
    select coalesce(json_agg(json_build_object('pid', a.pid, 'state', a.state, 'query', a.query,
             'waits', cardinality(pg_blocking_pids(a.pid)) > 0) order by a.backend_start, a.pid), '[]')::text as found
      from pg_stat_activity a where ${isOfUnit(testDb)}`);
  const actual = found.map(({ pid, state, waits, query }) => `${pid} ${waits ? "waits" : state}: ${shortened(query)}`);
  const who = pid === undefined ? counted(connections, "connection", "connections") : `process ${pid}`;
  const hint = found.some(({ state }) => state === "active")
    ? ""
    : "\nNo statement is under way: a query of Drizzle's begins when it is awaited, or by execute().";
  return new AssertionError({
    message: `${who} of ${unitName(testDb)} should have waited for a lock within ${deadline} ms. Its connections:\n${actual.map((line) => `  ${line}`).join("\n")}${hint}`,
    actual,
    expected: [`${who} waits`],
    operator: "blockUntilWaiting",
    stackStartFn: blockUntilWaiting,
  });
}

function shortened(query: string): string {
  const line = query.replace(/\s+/g, " ").trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
