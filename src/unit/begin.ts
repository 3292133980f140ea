/**
 * A transaction that all queries of a unit's client are in, from a call to a call, so that hooks can put it around a test:
 * whatever holds a reference to `db` or to the client is inside.
 */
import type { Connection, OnlyConnection } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { CONNECTION_WITHIN, takeWithin } from "./reserve-within.ts";
import { CHECK_DEFERRED, deferredFailure, endedByItself, MARK } from "./rollback.ts";

export interface Transaction {
  /** @throws TestDbError `ROLLBACK_FAILED` */
  rollback(options: { readonly checkDeferred: boolean }): Promise<void>;
  /** Leaves what was written, to be looked at. */
  commit(): Promise<void>;
}

export async function beginTransaction(connection: Connection<unknown>): Promise<Transaction> {
  const only = await useOnlyConnection(connection);
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
    commit: () =>
      end(() =>
        only.ask("commit").catch((error: unknown) => {
          throw deferredFailure(error) ?? error;
        }),
      ),
  };
}

async function useOnlyConnection(connection: Connection<unknown>): Promise<OnlyConnection> {
  const only = await takeWithin(CONNECTION_WITHIN, connection.useOne(), (late) => void late.end().catch(() => {}));
  if (only) return only;
  throw new TestDbError("ROLLBACK_FAILED", {
    what: `No connection was free for a transaction within ${CONNECTION_WITHIN / 1000} s`,
    why: "all connections of the client are in use, as by a transaction that was not ended or a client that was not released",
    next: "end and release what the test before took; or client: { max: 10 }",
  });
}
