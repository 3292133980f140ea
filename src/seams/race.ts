/** Operations that begin in one turn of the event loop, each on a connection of its own that is open already. */
import { TestDbError } from "../errors.ts";
import { ask } from "./ask.ts";
import type { ConnectableUnit } from "./unit-connection.ts";

/** What became of the operations of a {@link race}. */
export interface Race<Value> {
  /** Of each operation, in the order of their indices. */
  readonly results: readonly PromiseSettledResult<Value>[];
  /** Of those that succeeded, in the same order. */
  readonly values: readonly Value[];
  /** What the others threw, in the same order. */
  readonly errors: readonly unknown[];
}

/**
 * Starts an operation several times at one instant, each on a client of its own, and waits for all of them. The clients are
 * connected beforehand, so that the first statements of all are sent at once; they are closed afterwards. They are outside of
 * `testDb.begin()` and `testDb.rollback()`.
 *
 * @param count - how many; each takes a connection of the server's
 * @param operation - gets a `db` as `testDb.db` is, its index from 0 on, and the client under `db`
 * @throws TestDbError `OPTION_INVALID` for a count that is no whole number from 1 on; what `testDb.connect()` throws. What operations
 * throw is in `errors`: a test that looks at `values` alone says `expect(errors).toEqual([])`.
 *
 * @example
 * ```ts
 * const { values, errors } = await race(testDb, 2, (db) => new JobService(db).claim(jobId));
 * expect(errors).toEqual([]);
 * expect(values.filter((job) => job !== undefined)).toHaveLength(1);
 * ```
 */
export async function race<Db, Client, Value>(
  testDb: ConnectableUnit<Db, Client>,
  count: number,
  operation: (db: Db, index: number, client: Client) => Value,
): Promise<Race<Awaited<Value>>> {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new TestDbError("OPTION_INVALID", {
      what: `race() runs an operation a whole number of times, and was given ${String(count)}`,
      next: "race(testDb, 2, (db, index) => …)",
    });
  }
  const opened = await Promise.allSettled(Array.from({ length: count }, () => connected(testDb)));
  const clients = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  try {
    const failed = opened.find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
    // one that throws at once keeps none of the others from beginning
    const results = await Promise.allSettled(
      clients.map(async ({ db, client }, index) => await operation(db, index, client)),
    );
    return {
      results,
      values: results.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])),
      errors: results.flatMap((each) => (each.status === "rejected" ? [each.reason] : [])),
    };
  } finally {
    await Promise.all(clients.map(({ close }) => close()));
  }
}

/** A client whose first connection is open: it is the one that the operation gets. */
async function connected<Db, Client>(testDb: ConnectableUnit<Db, Client>) {
  const other = await testDb.connect();
  try {
    await ask(other.client as never, "select 1");
  } catch (error) {
    await other.close();
    throw error;
  }
  return other;
}
