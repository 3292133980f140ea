/** Why connecting failed, with the likely cause and the next line to type. */
import { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { shellWord } from "../sql/identifiers.ts";
import { type PostgresError, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { targetUrl } from "../target/connection-url.ts";
import { describeServer, namedBy, type Target } from "../target/target.ts";
import { isPoolerRefusal, poolerError } from "./pooler.ts";

const NEXT: Readonly<Record<Target["origin"], string>> = {
  embedded: "run it again; if it stays, see docs/embedded.md",
  TEST_DB_URL: "start that server, or unset TEST_DB_URL to use the embedded one",
  "option url": "start that server, or name no url: for TEST_DB_URL, else the embedded one",
  "--url": "start that server, or leave --url out: for TEST_DB_URL, else the embedded one",
};

/** @returns TestDbError `SERVER_AUTH_FAILED`, `SERVER_POOLED`, `SERVER_UNREACHABLE`, `TARGET_INVALID`; an error of ours as it is */
export function connectError(target: Target, error: unknown): TestDbError {
  if (error instanceof TestDbError) return error;
  if (isPoolerRefusal(error)) return poolerError(target, error);
  const refused = postgresError(error);
  if (refused) return refusedError(target, refused, error);
  const what = `No connection to ${describeServer(target)} (${namedBy(target)})`;
  const next = NEXT[target.origin];
  return failure("SERVER_UNREACHABLE", { what, next }, error);
}

function refusedError(target: Target, refused: PostgresError, cause: unknown): TestDbError {
  const where = describeServer(target);
  switch (refused.code) {
    case SQLSTATE.invalidPassword:
    case SQLSTATE.invalidAuthorization:
      return failure(
        "SERVER_AUTH_FAILED",
        {
          what: `The server at ${where} refused the login`,
          next: /pg_hba/.test(refused.message)
            ? `let the user in from here, in that server's pg_hba.conf, or change sslmode in ${namedBy(target)}`
            : `check the user and the password in ${namedBy(target)}`,
        },
        cause,
      );
    case SQLSTATE.databaseDoesNotExist:
      return failure(
        "TARGET_INVALID",
        {
          what: `The server at ${target.host}:${target.port} has no database ${JSON.stringify(target.database)}`,
          next: `createdb -h ${shellWord(target.host)} -p ${target.port} -U ${shellWord(target.user)} ${shellWord(target.database)}`,
        },
        cause,
      );
    default:
      return failure(
        "SERVER_UNREACHABLE",
        {
          what: `The server at ${where} did not accept the connection`,
          next: `psql ${shellWord(targetUrl({ ...target, password: undefined }))}`,
        },
        cause,
      );
  }
}
