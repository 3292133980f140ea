/**
 * Ends a transaction with its connection. postgres.js 3.4 goes on with a transaction whose connection has closed: it writes
 * to no socket, which ends the process ("Cannot read properties of null"), or to the connection's successor, outside of any
 * transaction. With this guard every later query of the transaction fails, and `begin()` fails as it does by itself.
 */
import type { Sql, TransactionSql } from "postgres";

/** What of postgres.js' query is used: it hands itself to `handler` when somebody first waits for it. */
interface PendingQuery extends Promise<unknown> {
  handler: (query: PendingQuery) => unknown;
  reject(error: unknown): void;
}

/** A transaction, and why its connection is gone, once it is. */
interface Guarded {
  lost: unknown;
}

type Work = (sql: TransactionSql) => unknown;

/** The client, whose `begin()` is guarded from now on. */
export function guardTransactions(client: Sql): Sql {
  const begin = client.begin as (options: string, work: Work) => Promise<unknown>;
  const guardedBegin = (...given: [string, Work] | [Work]): Promise<unknown> => {
    const [options, work] = given.length === 1 ? ["", given[0]] : given;
    const transaction: Guarded = { lost: undefined };
    return begin(options, (sql) => guarded(transaction, sql, work)).catch((error: unknown) => {
      noticeLoss(transaction, error);
      throw error;
    });
  };
  return Object.assign(client, { begin: guardedBegin });
}

/**
 * Runs what belongs to the transaction, or to a savepoint in it. Where the connection is lost the promise stays pending:
 * once it settled, postgres.js would send COMMIT or ROLLBACK.
 */
async function guarded(transaction: Guarded, sql: TransactionSql, work: Work): Promise<unknown> {
  const settled = await Promise.resolve()
    .then(() => work(guardedSql(transaction, sql)))
    .then((result) => (Array.isArray(result) ? Promise.all(result) : result))
    .then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
  return transaction.lost === undefined ? settled() : new Promise(() => {});
}

const guardedSql = (transaction: Guarded, sql: TransactionSql): TransactionSql =>
  new Proxy(sql, {
    apply: (target, self, given) => guardedQuery(transaction, Reflect.apply(target, self, given)),
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === "unsafe" || name === "file") {
        return (...given: unknown[]) => guardedQuery(transaction, (value as (...all: unknown[]) => unknown)(...given));
      }
      if (name !== "savepoint") return value;
      return (...given: [string, Work] | [Work]) => {
        if (transaction.lost !== undefined) return Promise.reject(transaction.lost);
        const work = given.at(-1);
        // a savepoint around one query, as a template
        if (typeof work !== "function") return (value as (...all: unknown[]) => unknown)(...given);
        const inner: Work = (nested) => guarded(transaction, nested, work);
        return (value as (...all: unknown[]) => unknown)(...given.slice(0, -1), inner);
      };
    },
  });

/** Has a query fail without being sent once the connection is gone, and tell where it is the first to find that out. */
function guardedQuery<Query>(transaction: Guarded, query: Query): Query {
  const pending = query as PendingQuery;
  // an identifier or a fragment is no query
  if (typeof pending.handler !== "function") return query;
  const send = pending.handler;
  pending.handler = (sent) => {
    if (transaction.lost !== undefined) return sent.reject(transaction.lost);
    sent.catch((error: unknown) => noticeLoss(transaction, error));
    return send(sent);
  };
  return query;
}

/** An SQLSTATE of a lost connection says nothing: a function on the server may raise one. */
function noticeLoss(transaction: Guarded, error: unknown): void {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (code === "CONNECTION_CLOSED" || code === "CONNECTION_DESTROYED" || syscall !== undefined) {
    transaction.lost ??= error;
  }
}
