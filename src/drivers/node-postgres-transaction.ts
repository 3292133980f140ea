/** Clients of node-postgres all of whose queries are in one transaction, on a connection that was checked out for it. */
import type { PoolClient, QueryConfig, QueryResult } from "pg";
import { tokenize } from "../sql/lexer.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { splitStatements } from "../sql/statements.ts";
import type { Savepoints, Scope } from "./savepoints.ts";

type Method = (...given: unknown[]) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

/** Words that a statement begins with which begins or ends a transaction; most texts have none of them. */
const MAY_CONTROL = /\b(begin|start|commit|end|rollback|abort)\b/i;

/**
 * Stands for one more connection of a pool.
 *
 * @param savepoints - of the transaction that the connection is in
 */
export function nodePostgresTransaction(connected: PoolClient, savepoints: Savepoints): PoolClient {
  let scope: Scope | undefined;
  // as a connection does, one after the other
  let last: Promise<unknown> = Promise.resolve();

  const control = async (kind: Control): Promise<QueryResult> => {
    const open = scope;
    // a second BEGIN, and a COMMIT without one, are warnings of Postgres', no more
    if (kind === "BEGIN") scope ??= await savepoints.begin();
    else if (open) {
      scope = undefined;
      await (kind === "COMMIT" ? savepoints.commit(open).catch(unlessUndone) : savepoints.rollback(open));
    }
    return { command: kind, rowCount: null as never, oid: null as never, rows: [], fields: [] };
  };

  const run = async (given: unknown[]): Promise<unknown> => {
    const [query] = given as [string | QueryConfig];
    const text = typeof query === "string" ? query : query?.text;
    const texts = typeof text === "string" && MAY_CONTROL.test(text) ? statementsOf(text) : [];
    if (!texts.some(({ kind }) => kind)) {
      return savepoints.statement(() => (connected.query as Method)(...given) as Promise<unknown>, scope);
    }
    const results: unknown[] = [];
    for (const { kind, text } of texts) results.push(await (kind ? control(kind) : run([text])));
    return results.length === 1 ? results[0] : results;
  };

  const query: Method = (...given) => {
    const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
      const done = last.then(work);
      last = done.catch(() => {});
      return done;
    };
    // a cursor or a stream: its answer is read bit by bit
    if (typeof (given[0] as { submit?: unknown } | undefined)?.submit === "function") {
      void inTurn(() => savepoints.inTurn(async () => void (connected.query as Method)(...given)));
      return given[0];
    }
    const callback = typeof given.at(-1) === "function" ? (given.pop() as Callback) : undefined;
    const result = inTurn(() => run(given));
    if (!callback) return result;
    result.then((answer) => callback(null, answer), callback);
    return undefined;
  };

  /** What is left open is undone, as where a connection is closed. */
  const release = (): void => {
    void last.then(() => scope && control("ROLLBACK")).catch(() => {});
  };

  const own: Readonly<Record<string, Method>> = { query, release };
  return new Proxy(connected, {
    get: (target, name) => (Object.hasOwn(own, name) ? own[name as string] : Reflect.get(target, name)),
  });
}

type Control = "BEGIN" | "COMMIT" | "ROLLBACK";

/** The statements of a text, and which of them begin or end a transaction. */
const statementsOf = (text: string): { readonly text: string; readonly kind: Control | undefined }[] =>
  splitStatements(tokenize(text)).map(({ tokens, words }) => ({
    text: tokens.map((token) => token.text).join(""),
    kind: controlOf(words),
  }));

function controlOf([first, second, third]: readonly string[]): Control | undefined {
  if (first === "begin" || (first === "start" && second === "transaction")) return "BEGIN";
  if (first === "commit" && second !== "prepared") return "COMMIT";
  if (first === "end") return "COMMIT";
  const isToSavepoint = second === "to" || third === "to" || second === "prepared";
  return (first === "rollback" || first === "abort") && !isToSavepoint ? "ROLLBACK" : undefined;
}

/** A COMMIT after a statement that failed undoes the transaction, and says nothing. */
function unlessUndone(error: unknown): void {
  if (postgresError(error)?.code !== SQLSTATE.inFailedTransaction) throw error;
}
