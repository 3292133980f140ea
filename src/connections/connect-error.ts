/** Why connecting failed, with the likely cause and the next line to type. */
import { TestDbError, wordsOf } from "../errors.ts";
import { shellWord } from "../sql/identifiers.ts";
import { type PostgresError, postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { targetUrl } from "../target/connection-url.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { isPoolerRefusal, poolerError } from "./pooler.ts";

/** @returns TestDbError `SERVER_AUTH_FAILED`, `SERVER_POOLED`, `SERVER_UNREACHABLE`, `TARGET_INVALID`; an error of ours as it is */
export function connectError(target: Target, error: unknown): TestDbError {
  if (error instanceof TestDbError) return error;
  if (isPoolerRefusal(error)) return poolerError(target, error);
  const refused = postgresError(error);
  if (refused) return refusedError(target, refused, error);
  return new TestDbError("SERVER_UNREACHABLE", {
    what: `No connection to ${describeTarget(target)} (${namedBy(target)})`,
    why: wordsOf(error),
    next:
      target.origin === "embedded"
        ? "run it again; if it stays, see docs/embedded.md"
        : "start that server, or unset TEST_DB_URL to use the embedded one",
    cause: error,
  });
}

const namedBy = ({ origin }: Target): string => (origin === "embedded" ? "the embedded server" : origin);

function refusedError(target: Target, refused: PostgresError, cause: unknown): TestDbError {
  const where = describeTarget(target);
  const why = postgresWords(refused);
  switch (refused.code) {
    case SQLSTATE.invalidPassword:
    case SQLSTATE.invalidAuthorization:
      return new TestDbError("SERVER_AUTH_FAILED", {
        what: `The server at ${where} refused the login`,
        why,
        next: /pg_hba/.test(refused.message)
          ? `let the user in from here, in that server's pg_hba.conf, or change sslmode in ${namedBy(target)}`
          : `check the user and the password in ${namedBy(target)}`,
        cause,
      });
    case SQLSTATE.databaseDoesNotExist:
      return new TestDbError("TARGET_INVALID", {
        what: `The server at ${target.host}:${target.port} has no database ${JSON.stringify(target.database)}`,
        why,
        next: `createdb -h ${shellWord(target.host)} -p ${target.port} -U ${shellWord(target.user)} ${shellWord(target.database)}`,
        cause,
      });
    default:
      return new TestDbError("SERVER_UNREACHABLE", {
        what: `The server at ${where} did not accept the connection`,
        why,
        next: `psql ${shellWord(targetUrl({ ...target, password: undefined }))}`,
        cause,
      });
  }
}
