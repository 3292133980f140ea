/** Clients of node-postgres all of whose queries are in one transaction, on a connection that was checked out for it. */
import type { PoolClient, QueryConfig, QueryResult } from "pg";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import type { Savepoints, Scope } from "./savepoints.ts";

type Method = (...given: unknown[]) => unknown;
type Callback = (error: unknown, result?: QueryResult) => void;

/** The words that begin and end a transaction, as Drizzle and applications send them. */
const BEGIN = /^\s*(begin|start\s+transaction)\b/i;
const COMMIT = /^\s*(commit|end)\b/i;
const ROLLBACK = /^\s*(rollback|abort)\b(?!.*\bto\b)/is;

/**
 * Stands for one more connection of a pool.
 *
 * @param savepoints - of the transaction that the connection is in
 */
export function nodePostgresTransaction(connected: PoolClient, savepoints: Savepoints): PoolClient {
  let scope: Scope | undefined;
  const run = async (given: unknown[]): Promise<unknown> => {
    const [query] = given as [string | QueryConfig];
    const text = typeof query === "string" ? query : query.text;
    if (BEGIN.test(text)) scope = await savepoints.begin(scope);
    else if (COMMIT.test(text) || ROLLBACK.test(text)) {
      const ended = scope;
      scope = ended?.parent;
      if (ended) await (COMMIT.test(text) ? savepoints.commit(ended).catch(unlessUndone) : savepoints.rollback(ended));
    } else return savepoints.statement(() => (connected.query as Method)(...given) as Promise<unknown>, scope);
    return { command: text.trim().split(/\W/)[0]?.toUpperCase(), rowCount: null, oid: 0, rows: [], fields: [] };
  };
  const query: Method = (...given) => {
    // a cursor or a stream: its answer is read bit by bit
    if (typeof (given[0] as { submit?: unknown }).submit === "function") return (connected.query as Method)(...given);
    const callback = typeof given.at(-1) === "function" ? (given.pop() as Callback) : undefined;
    const result = run(given);
    if (!callback) return result;
    result.then((answer) => callback(undefined, answer as QueryResult), callback);
    return undefined;
  };
  const own: Readonly<Record<string, Method>> = { query, release: () => {} };
  return new Proxy(connected, {
    get: (target, name) => (Object.hasOwn(own, name) ? own[name as string] : Reflect.get(target, name)),
  });
}

/** A COMMIT after a statement that failed undoes the transaction, and says nothing. */
function unlessUndone(error: unknown): void {
  if (postgresError(error)?.code !== SQLSTATE.inFailedTransaction) throw error;
}
