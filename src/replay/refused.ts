/** Which failures say something of the migrations, and so are a reason for a database; all others are failures. */
import { remedyFor } from "../sql/failure.ts";
import { isConnectionLost, type PostgresError, postgresError, SQLSTATE } from "../sql/sqlstate.ts";

/** Postgres' error, where it refused something for what it is; undefined where a connection is lost, or the server is short of something. */
export function refusal(error: unknown): PostgresError | undefined {
  const refused = postgresError(error);
  return refused && !isConnectionLost(error) && !remedyFor(error) ? refused : undefined;
}

/**
 * Whether a snapshot can't be taken for what is in the schema: rows that a policy hides from their own owner, or tables of a
 * role that the user is no member of. Trying again, or elsewhere, does not help.
 */
export const isRefusedForContent = (error: unknown): boolean => refusal(error)?.code === SQLSTATE.insufficientPrivilege;
