/** Ends a connection from the server's side, as a crash or an administrator would, and no connection but the unit's own. */
import { TestDbError } from "../errors.ts";
import { setImmediate } from "../timers.ts";
import { type Askable, ask } from "./ask.ts";
import { type ConnectableUnit, isOfUnit, unitName, withUnitConnection } from "./unit-connection.ts";

/** How long a server's process gets to end, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Ends the server's process of a connection, and waits until the process is gone: its transaction is undone then, and its locks are
 * free. A query that the connection was asked fails with 57P01, or with the driver's own error for a connection that was closed.
 *
 * @param connection - the process, or something that has one connection: a transaction, a client that is reserved or checked out. A pool
 * is asked for a connection that is free; for one that is not, take {@link advisoryLockHolders}, or {@link backendPid} before it is busy.
 * @returns the number of the process
 * @throws TestDbError `OPTION_INVALID` where that is no connection of the unit, `UNIT_FAILED` where it does not end within ten seconds
 *
 * @example
 * ```ts
 * const lock = await locks.tryAcquire("nightly-report");
 * const [holder] = await advisoryLockHolders(testDb);
 * await killConnection(testDb, holder!);
 * expect(await locks.tryAcquire("nightly-report")).not.toBeNull();
 * ```
 */
export async function killConnection(
  testDb: ConnectableUnit<unknown, unknown>,
  connection: number | Askable,
): Promise<number> {
  const isAskable = typeof connection === "function" || (typeof connection === "object" && connection !== null);
  const pid = isAskable ? await backendPid(connection) : connection;
  if (!Number.isSafeInteger(pid)) throw noConnection(testDb, String(pid));
  const isGone = await withUnitConnection(testDb, (askJson) =>
    askJson<boolean | null>(
      `select (select pg_terminate_backend(a.pid, ${PATIENCE})::text from pg_stat_activity a where a.pid = ${pid} and ${isOfUnit(testDb)}) as gone`,
    ),
  );
  if (isGone === null) throw noConnection(testDb, `process ${pid}`);
  if (!isGone) {
    throw new TestDbError("UNIT_FAILED", {
      what: `The server's process ${pid}, a connection of ${unitName(testDb)}, did not end within ${PATIENCE / 1000} s`,
      next: `select * from pg_stat_activity where pid = ${pid};`,
    });
  }
  // what the server said last is there by now, and read in the next turn
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => void setImmediate(resolve));
  return pid;
}

/**
 * The server's process of a connection, as `pg_stat_activity` has it. A pool is asked for any connection that is free.
 *
 * @example
 * ```ts
 * await other.db.transaction(async (tx) => {
 *   const pid = await backendPid(tx);
 *   …
 * });
 * ```
 */
export async function backendPid(connection: Askable): Promise<number> {
  return Number(await ask(connection, "select pg_backend_pid() as pid"));
}

const noConnection = (testDb: ConnectableUnit<unknown, unknown>, given: string): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `killConnection() was given ${given}, which is no connection of ${unitName(testDb)}`,
    why: "it has ended already, or its application_name is not the unit's: that is how connections of a unit are told from others",
    next: "have it connect by testDb.url as it is, or by testDb.connect()",
  });
