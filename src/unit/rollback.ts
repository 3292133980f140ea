/** Runs a function in a transaction that is rolled back, and makes sure that it was. */
import { sql } from "drizzle-orm";
import { failure } from "../sql/failure.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { uncaptured } from "../uncaptured.ts";
import type { Transactional } from "./transactional.ts";

/** The savepoint that shows whether the transaction is still the one that was begun. */
export const MARK = "with_test_db_rollback";
/** A transaction that is rolled back never comes to check what it left for its end. */
export const CHECK_DEFERRED = "set constraints all immediate";

/**
 * Five round trips beside those of `use`: begin, a savepoint, the check of deferred constraints, back to the savepoint, rollback.
 *
 * @throws TestDbError `ROLLBACK_FAILED`; errors of `use` as they are
 */
export async function rolledBack<Db, Result>(
  db: Db,
  checkDeferred: boolean,
  use: (db: Db) => Promise<Result>,
): Promise<Result> {
  const undo = new Error("rolled back on purpose");
  let result: Result | undefined;
  try {
    await (db as Transactional).transaction(async (given) => {
      const transaction = given as Transactional;
      await transaction.execute(sql`savepoint ${sql.identifier(MARK)}`);
      result = await use(given as Db);
      let deferred: unknown;
      if (checkDeferred) {
        const check = () => transaction.execute(sql.raw(CHECK_DEFERRED));
        await uncaptured(async () => await check()).catch((error: unknown) => {
          deferred = deferredFailure(error);
        });
      }
      await transaction
        .execute(sql`rollback to savepoint ${sql.identifier(MARK)}`)
        .then(undefined, (error: unknown) => {
          throw endedByItself(error);
        });
      throw deferred ?? undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  return result as Result;
}

/** Undefined where a query of the test had failed: nothing is checked then. */
export function deferredFailure(error: unknown): unknown {
  const refused = postgresError(error);
  if (!refused) return error;
  if (refused.code === SQLSTATE.inFailedTransaction) return undefined;
  return failure(
    "ROLLBACK_FAILED",
    {
      what: "A deferred constraint does not hold at the end of the test's transaction",
      why: "a COMMIT would have failed there",
      next: "mend what the test or its code leaves; checkDeferred: false leaves deferred constraints unchecked",
    },
    error,
  );
}

export function endedByItself(error: unknown): unknown {
  if (!postgresError(error)) return error;
  return failure(
    "ROLLBACK_FAILED",
    {
      what: "The test's transaction was ended from inside",
      why: "a COMMIT or ROLLBACK of your own was run; what was committed stays",
      next: "use reset() for code that controls its own transactions",
    },
    error,
  );
}
