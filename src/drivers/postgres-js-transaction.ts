/** A client of postgres.js all of whose queries are in one transaction, on a connection that was reserved for it. */
import type { ReservedSql, Sql } from "postgres";
import type { Savepoints, Scope } from "./savepoints.ts";

/** What of postgres.js' query is used: the query hands itself to `handler` when it is first awaited. */
interface PendingQuery extends Promise<unknown> {
  handler: (query: PendingQuery) => unknown;
  reject(error: unknown): void;
  /** Of a query whose answer is read bit by bit: such a promise may never settle. */
  readonly cursorFn?: unknown;
  readonly streaming?: boolean;
}

type Method = (...given: unknown[]) => unknown;
type Work = (sql: Sql) => unknown;

/**
 * @param client - that the connection is of
 * @param savepoints - of the transaction that the connection is in
 */
export const postgresJsTransaction = (client: Sql, reserved: ReservedSql, savepoints: Savepoints): Sql =>
  inScope(client, reserved, savepoints, undefined);

function inScope(
  client: Sql,
  reserved: ReservedSql,
  savepoints: Savepoints,
  scope: Scope | undefined,
  onFailure?: (error: unknown) => void,
): Sql {
  const queued = (query: unknown): unknown => queue(query as PendingQuery, savepoints, scope, onFailure);
  const begin: Method = async (...given) => {
    const work = workOf(given);
    const begun = await savepoints.begin(scope);
    const failures: unknown[] = [];
    try {
      const worked = await work(inScope(client, reserved, savepoints, begun, (error) => failures.push(error)));
      const result = Array.isArray(worked) ? await Promise.all(worked) : worked;
      // as postgres.js does, also where the application took no notice
      if (failures.length > 0) throw failures[0];
      await savepoints.commit(begun);
      return result;
    } catch (error) {
      await savepoints.rollback(begun);
      throw error;
    }
  };
  const own: Readonly<Record<string, Method>> = {
    unsafe: (...given) => queued((reserved.unsafe as Method)(...given)),
    file: (...given) => queued((reserved.file as Method)(...given)),
    notify: (channel, payload) => queued(reserved`select pg_notify(${channel as string}, ${String(payload)})`),
    ...{ begin, savepoint: begin },
    reserve: async () => Object.assign(inScope(client, reserved, savepoints, scope, onFailure), { release() {} }),
  };
  const proxy: Sql = new Proxy(reserved, {
    apply: (target, self, given) => queued(Reflect.apply(target as unknown as Method, self, given)),
    // a reserved connection lacks what belongs to all of a client: its options, the class of its errors
    get: (target, name) =>
      Object.hasOwn(own, name) ? own[name as string] : Reflect.get(name in target ? target : client, name),
  });
  return proxy;
}

/** `begin(work)`, `begin(options, work)`, `savepoint(name, work)`, or a savepoint around one query, as a template. */
function workOf(given: unknown[]): Work {
  const work = given.at(-1);
  return typeof work === "function" ? (work as Work) : (sql) => (sql as unknown as Method)(...given);
}

/** Has a query wait for its turn when it is first awaited. */
function queue(
  query: PendingQuery,
  savepoints: Savepoints,
  scope: Scope | undefined,
  onFailure?: (error: unknown) => void,
): unknown {
  // an identifier or a fragment is no query
  if (typeof query.handler !== "function") return query;
  const send = query.handler;
  query.handler = (sent) => {
    const run = async (): Promise<unknown> => {
      send(sent);
      return sent.cursorFn || sent.streaming ? undefined : sent;
    };
    savepoints.statement(run, scope).catch((error: unknown) => {
      onFailure?.(error);
      sent.reject(error);
    });
  };
  return query;
}
