/** Runs a function in a transaction that is rolled back, and makes sure that it was. */

import { type SQL, sql } from "drizzle-orm";
import { failure } from "../sql/failure.ts";
import { postgresError } from "../sql/sqlstate.ts";

/** What both drivers' databases have, in both lines of Drizzle. */
interface Transactional {
  execute(query: SQL): PromiseLike<unknown>;
  transaction(work: (transaction: unknown) => Promise<unknown>): Promise<unknown>;
}

/** The savepoint that shows whether the transaction is still the one that was begun. */
const MARK = "with_test_db_rollback";

/**
 * Four round trips beside those of `use`: begin, a savepoint, back to it, rollback.
 *
 * @throws TestDbError `ROLLBACK_FAILED`; errors of `use` as they are
 */
export async function rolledBack<Db, Result>(db: Db, use: (db: Db) => Promise<Result>): Promise<Result> {
  const undo = new Error("rolled back on purpose");
  let result: Result | undefined;
  try {
    await (db as Transactional).transaction(async (given) => {
      const transaction = given as Transactional;
      await transaction.execute(sql`savepoint ${sql.identifier(MARK)}`);
      result = await use(given as Db);
      await transaction
        .execute(sql`rollback to savepoint ${sql.identifier(MARK)}`)
        .then(undefined, (error: unknown) => {
          throw endedByItself(error);
        });
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  return result as Result;
}

function endedByItself(error: unknown): unknown {
  if (!postgresError(error)) return error;
  return failure(
    "ROLLBACK_FAILED",
    {
      what: "The transaction of rollback() was ended from inside",
      why: "a COMMIT or ROLLBACK of your own was run; what was committed stays",
      next: "use reset() for code that controls its own transactions",
    },
    error,
  );
}
