/** Why no unit was made: a server that can't be reached (any more), or what Postgres said. */

import { connectError } from "../connections/connect-error.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { isConnectionLost, postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target } from "../target/target.ts";

/** SQLSTATEs that say more of the server than of what was asked of it; of shortages, only that of connections. */
const OF_THE_SERVER = /^(28|3D|57P|53300)/;

/** As an error of ours; what is neither Postgres' nor a lost connection is a defect, and stays as it is. */
export function unitFailure(what: string, target: Target, error: unknown): unknown {
  if (error instanceof TestDbError) return error;
  const refused = postgresError(error);
  if (isConnectionLost(error) || /^(08|57P)/.test(refused?.code ?? "")) {
    return new TestDbError("SERVER_UNREACHABLE", {
      what: `The connection to ${describeTarget(target)} was lost`,
      why: refused ? postgresWords(refused) : wordsOf(error),
      next: "run it again; if it stays, see why the server ends connections, in its log",
      cause: error,
    });
  }
  if (!refused) return error;
  if (OF_THE_SERVER.test(refused.code)) return connectError(target, error);
  const isLocked = refused.code === SQLSTATE.lockNotAvailable;
  return new TestDbError("UNIT_FAILED", {
    what,
    why: `${postgresWords(refused)}${isLocked ? "\nsomebody holds a lock on the tables of the schema with_test_db" : ""}`,
    next: isLocked
      ? "select pid, application_name, state, query from pg_stat_activity where pid in (select pid from pg_locks where mode = 'AccessExclusiveLock');"
      : "run it again; if it stays: drop schema with_test_db cascade; and run it once more",
    cause: error,
  });
}
