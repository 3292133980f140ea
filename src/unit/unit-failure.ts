/** Why no unit was made: the server can't be reached (any more), or Postgres refused a query. */
import { connectError } from "../connections/connect-error.ts";
import { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeServer, type Target } from "../target/target.ts";

/** SQLSTATEs of a login: refused, to a database that is gone, to a server that shuts down or has no connection left. */
const OF_THE_SERVER = /^(28|3D|57P|53300)/;

/** A `TestDbError` of the failure. An error that is neither Postgres' nor a lost connection is a defect, and stays as it is. */
export function unitFailure(what: string, target: Target, error: unknown): unknown {
  if (error instanceof TestDbError) return error;
  const refused = postgresError(error);
  if (isConnectionLost(error) || /^(08|57P)/.test(refused?.code ?? "")) {
    const next = "run it again; if it stays, see why the server ends connections, in its log";
    return failure("SERVER_UNREACHABLE", { what: `The connection to ${describeServer(target)} was lost`, next }, error);
  }
  if (!refused) return error;
  if (OF_THE_SERVER.test(refused.code)) return connectError(target, error);
  const isLocked = refused.code === SQLSTATE.lockNotAvailable;
  const why = isLocked && "a lock on the tables of the schema with_test_db is held by another session";
  const next = isLocked
    ? "select pid, application_name, state, query from pg_stat_activity where pid in (select pid from pg_locks where mode = 'AccessExclusiveLock');"
    : "run it again; if it stays: npx with-test-db sweep --all; and run it once more";
  return failure("UNIT_FAILED", { what, why, next }, error);
}
