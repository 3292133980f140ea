/**
 * A transaction that all queries of a unit's client are in, from a call to a call, so that hooks can put it around a test:
 * whatever holds a reference to `db` or to the client is inside.
 */
import type { Connection } from "../drivers/driver.ts";
import { failure } from "../sql/failure.ts";
import { CHECK_DEFERRED, deferredFailure, endedByItself, MARK } from "./rollback.ts";

export interface Transaction {
  /** @throws TestDbError `ROLLBACK_FAILED` */
  rollback(options: { readonly checkDeferred: boolean }): Promise<void>;
  /** Leaves what was written, to be looked at. */
  commit(): Promise<void>;
}

export async function beginTransaction(connection: Connection<unknown>): Promise<Transaction> {
  const only = await connection.useOne();
  let isEnded = false;
  const end = async (last: () => Promise<unknown>): Promise<void> => {
    if (isEnded) return;
    isEnded = true;
    try {
      await last();
    } finally {
      await only.end();
    }
  };
  try {
    await only.ask(`begin; savepoint ${MARK}`);
  } catch (error) {
    await only.end();
    throw failure("ROLLBACK_FAILED", { what: "No transaction could be begun" }, error);
  }
  return {
    rollback: ({ checkDeferred }) =>
      end(async () => {
        const failures: unknown[] = [];
        const attempt = (query: string, explain: (error: unknown) => unknown): Promise<unknown> =>
          only.ask(query).catch((error: unknown) => failures.push(explain(error)));
        if (checkDeferred) await attempt(CHECK_DEFERRED, deferredFailure);
        await attempt(`rollback to savepoint ${MARK}`, endedByItself);
        await attempt("rollback", (error) => error);
        const [first] = failures.filter((error) => error !== undefined);
        if (first !== undefined) throw first;
      }),
    commit: () => end(() => only.ask("commit")),
  };
}
