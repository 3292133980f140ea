/**
 * A connection pooler is refused: the `search_path` that binds a connection to its unit would be dropped, or reach other
 * clients. A pooler shows itself by what it does to a login: it refuses or drops a setting, or makes up the process id that
 * a server tells every client.
 */
import { TestDbError } from "../errors.ts";
import { causeWords } from "../sql/failure.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeServer, type Target } from "../target/target.ts";

/** Whether a failed login was refused by a pooler, which does not take every setting that a server takes. */
export function isPoolerRefusal(error: unknown): boolean {
  const refused = postgresError(error);
  return refused?.code === SQLSTATE.protocolViolation && /startup parameter/.test(refused.message);
}

/** @param shown - what showed the pooler, as an error or in words */
export function poolerError(target: Target, shown: unknown): TestDbError {
  return new TestDbError("SERVER_POOLED", {
    what: `A connection pooler (PgBouncer, or one like it) answers at ${describeServer(target)}`,
    why: `${causeWords(shown)}\na pooler does not keep a connection with its unit`,
    next: `name the server itself, by its own host and port: ${
      target.origin === "option url"
        ? 'withTestDb({ url: "postgres://user:password@127.0.0.1:5432/test", … })'
        : "TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test"
    }`,
    ...(shown instanceof Error ? { cause: shown } : {}),
  });
}

/**
 * Compares the process that answers with the one that the login told of.
 *
 * @throws TestDbError `SERVER_POOLED`
 */
export function assertSameProcess(target: Target, answering: number, told: number | undefined): void {
  if (told === undefined || told === answering) return;
  throw poolerError(target, `the login told of the server's process ${told}, and process ${answering} answers`);
}
