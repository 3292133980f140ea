/**
 * Keeps a connection that is held for one caller, by a transaction or a reservation, from being used once it has closed.
 * postgres.js 3.4 goes on with such a connection: it writes to no socket, which ends the process ("Cannot read properties
 * of null"), or to the connection's successor, outside of any transaction; and a reservation that is released makes the
 * closed connection the next one to be used. With this guard every later query fails, and `begin()` fails as by itself. And
 * after `close()` a connection that was reserved meanwhile closes with its release, not with the first query after that.
 */
import type { ReservedSql, Sql, TransactionSql } from "postgres";
import { letDriversPass } from "./drivers-timers.ts";
import { tellUnit } from "./tell-unit.ts";

/** What of postgres.js' connections is used. */
interface PoolConnection {
  onclose: ((error: unknown) => void) | null;
  terminate(): void;
}

/** What of postgres.js' query is used: the query hands itself to `handler` when it is first awaited. */
interface PendingQuery extends Promise<unknown> {
  handler: (query: PendingQuery) => unknown;
  reject(error: unknown): void;
}

/** A connection that is held: why it is gone, once it is, and whether it is to be closed once it is not held. */
interface Held {
  /** What its queries' errors say. */
  readonly unit: string | undefined;
  lost: unknown;
  isEnding?: boolean;
}

/** A client whose `close()`, which its types don't have, ends the connections that are open: what is in use, after that. */
export type GuardedSql = Sql & { close(): Promise<void> };

type Work = (sql: TransactionSql) => unknown;
type Method = (...given: unknown[]) => unknown;

/**
 * The client, whose `begin()`, `reserve()` and `close()` are guarded from now on.
 *
 * @param unit - the unit that it is bound to; errors of its queries say so, but for those that are templates
 */
export function guardHeldConnections(client: Sql, unit?: string): GuardedSql {
  const reserved = new Set<Held>();
  const { close } = client as GuardedSql;
  const guardedClose = (): Promise<void> => {
    for (const held of reserved) held.isEnding = true;
    return close();
  };
  return Object.assign(client, {
    ...{ begin: guardedBegin(client, unit), reserve: guardedReserve(client, unit, reserved), close: guardedClose },
    ...(unit === undefined ? {} : methodsOf(client, (query) => tellUnit(query, unit))),
  });
}

function guardedBegin(client: Sql, unit: string | undefined): (...given: [string, Work] | [Work]) => Promise<unknown> {
  const begin = client.begin as (options: string, work: Work) => Promise<unknown>;
  return (...given) => {
    const [options, work] = given.length === 1 ? ["", given[0]] : given;
    const held: Held = { unit, lost: undefined };
    return begin(options, (sql) => guardedWork(held, sql, work)).catch((error: unknown) => {
      noticeLoss(held, error);
      throw error;
    });
  };
}

/**
 * Runs what belongs to the transaction, or to a savepoint in it. Where the connection is lost the promise stays pending:
 * once it settled, postgres.js would send COMMIT or ROLLBACK.
 */
async function guardedWork(held: Held, sql: TransactionSql, work: Work): Promise<unknown> {
  const settled = await Promise.resolve()
    .then(() => work(guardedSql(held, sql, { savepoint: guardedSavepoint(held, sql) })))
    .then((result) => (Array.isArray(result) ? Promise.all(result) : result))
    .then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
  letDriversPass(); // for COMMIT or ROLLBACK
  return held.lost === undefined ? settled() : new Promise(() => {});
}

const guardedSavepoint =
  (held: Held, sql: TransactionSql): Method =>
  (...given) => {
    if (held.lost !== undefined) return Promise.reject(held.lost);
    const savepoint = sql.savepoint as Method;
    const work = given.at(-1);
    // a savepoint around one query, as a template
    if (typeof work !== "function") return savepoint(...given);
    return savepoint(...given.slice(0, -1), (nested: TransactionSql) => guardedWork(held, nested, work as Work));
  };

function guardedReserve(client: Sql, unit: string | undefined, all: Set<Held>): () => Promise<ReservedSql> {
  const reserve = client.reserve;
  return async () => {
    const reserved = await reserve();
    const held: Held = { unit, lost: undefined };
    all.add(held);
    let connection: PoolConnection | undefined;
    const onexecute = (executing: PoolConnection): boolean => {
      connection = executing;
      executing.onclose = (error) => noticeLoss(held, error);
      return true;
    };
    // the only way to the connection is a query: an empty one, not waited for
    const empty = reserved.unsafe(";", [], { onexecute } as object).simple();
    empty.execute().catch(() => {});
    const release = (): void => {
      all.delete(held);
      if (held.lost !== undefined) return;
      if (connection) connection.onclose = null;
      if (held.isEnding && connection) connection.terminate();
      else reserved.release();
    };
    return guardedSql(held, reserved, { release });
  };
}

function guardedSql<Client extends Sql | TransactionSql>(
  held: Held,
  sql: Client,
  methods: Readonly<Record<string, Method>>,
): Client {
  const queries = methodsOf(sql, (query) => guardedQuery(held, query));
  const guarded = new Map<string | symbol, Method>(Object.entries({ ...queries, ...methods }));
  return new Proxy(sql, {
    apply: (target, self, given) => {
      letDriversPass();
      return guardedQuery(held, Reflect.apply(target as unknown as Method, self, given));
    },
    get: (target, name) => {
      letDriversPass();
      return guarded.get(name) ?? Reflect.get(target, name);
    },
  });
}

/** The methods that make queries of text. */
function methodsOf(sql: Sql | TransactionSql, guarded: (query: unknown) => unknown): Record<string, Method> {
  const methods = ["unsafe", "file"].map((name): [string, Method] => {
    const method = Reflect.get(sql, name) as Method;
    return [name, (...given) => guarded(method(...given))];
  });
  return Object.fromEntries(methods);
}

/** Has a query fail without being sent once the connection is gone, and tell where it is the first to find that out. */
function guardedQuery<Query>(held: Held, query: Query): Query {
  const pending = query as PendingQuery;
  // an identifier or a fragment is no query
  if (typeof pending.handler !== "function") return query;
  const send = pending.handler;
  pending.handler = (sent) => {
    if (held.lost !== undefined) return sent.reject(held.lost);
    sent.catch((error: unknown) => noticeLoss(held, error));
    return send(sent);
  };
  return tellUnit(query, held.unit);
}

/** An SQLSTATE of a lost connection says nothing: a function on the server may raise one. */
function noticeLoss(held: Held, error: unknown): void {
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  if (code === "CONNECTION_CLOSED" || code === "CONNECTION_DESTROYED" || syscall !== undefined) held.lost ??= error;
}
