/**
 * A database that keeps the chain of calls of every query, and hands the query over when it is run. Queries are Drizzle's own, seen
 * through a proxy: methods that Drizzle gets later are recorded without a change here.
 */
import { TransactionRollbackError } from "drizzle-orm";
import type { MockCall } from "./mock-call.ts";
import type { Step } from "./statement.ts";

/** A query, as far as it was built. */
export interface Query {
  readonly steps: readonly Step[];
  /** The table of `db.query`. */
  readonly table: unknown;
  /** What `execute()` was given for placeholders. */
  readonly placeholders?: unknown;
}

export interface Recorder {
  /** @param send - lets Drizzle run the query */
  run(query: Query, depth: number, send: () => PromiseLike<unknown>): Promise<unknown>;
  record(call: MockCall): void;
  /** The table of a key of `db.query`. */
  tableOf(key: string): unknown;
  /** What is thrown where `db.query` has not what is asked for; undefined where Drizzle's answer is good. */
  missing(key: string): Error | undefined;
}

type Method = (...args: unknown[]) => unknown;
type Wrapped = Record<PropertyKey, unknown>;

const queries = new WeakMap<object, Query>();

/** The chain of a query that a recording database has made. */
export const chainOf = (query: unknown): Query | undefined =>
  typeof query === "object" && query !== null ? queries.get(query) : undefined;

/** @param depth - how many transactions the database is in */
export function recordingDb(db: object, recorder: Recorder, depth = 0): object {
  const transaction = async (use: (tx: object) => Promise<unknown>, config?: unknown): Promise<unknown> => {
    const call = { operation: "transaction", sql: "", params: [], transaction: depth + 1 } as const;
    const recorded: Omit<MockCall, "outcome"> & { outcome: MockCall["outcome"] } = {
      ...call,
      ...(config === undefined ? {} : { config }),
      outcome: "open",
    };
    recorder.record(recorded as MockCall);
    try {
      const result = await use(recordingDb(db, recorder, depth + 1));
      recorded.outcome = "committed";
      return result;
    } catch (error) {
      recorded.outcome = "rolled back";
      throw error;
    }
  };
  const ofTransaction: Wrapped = {
    nestedIndex: depth - 1,
    rollback: () => {
      throw new TransactionRollbackError();
    },
    setTransaction: async (config: unknown) =>
      recorder.record({ operation: "setTransaction", sql: "", params: [], transaction: depth, config }),
  };
  const own: Wrapped = { transaction, ...(depth > 0 ? ofTransaction : {}) };

  /** The methods of an object that begin a query each. */
  const beginnings = (target: object, table?: unknown): object =>
    new Proxy(target, {
      get: (_, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function" || typeof property === "symbol" || property === "constructor") return value;
        return (...args: unknown[]) => wrap(value.apply(target, args), { steps: [{ method: property, args }], table });
      },
    });
  const wrap = (target: unknown, query: Query): unknown =>
    typeof target === "object" && target !== null ? recordingQuery(target, query, depth, recorder) : target;

  const tables = (target: object): object =>
    new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof key === "symbol" || typeof value !== "object" || value === null) {
          const error = typeof key === "string" && !(key in target) ? recorder.missing(key) : undefined;
          if (error) throw error;
          return value;
        }
        return beginnings(value, recorder.tableOf(key));
      },
    });
  const started = beginnings(db) as Wrapped;
  return new Proxy(db, {
    get: (_, property) => {
      if (Object.hasOwn(own, property)) return own[property];
      const value: unknown = Reflect.get(db, property, db);
      if (property === "query") return tables(value as object);
      if (property === "with") return (...args: unknown[]) => beginnings((value as Method).apply(db, args) as object);
      return property === "$with" ? value : started[property];
    },
  });
}

/** A query through which a chain goes on. */
function recordingQuery(target: object, query: Query, depth: number, recorder: Recorder): object {
  const { table } = query;
  const steps = [...query.steps];
  const run = (send: () => PromiseLike<unknown>, placeholders?: unknown): Promise<unknown> =>
    recorder.run({ steps, table, placeholders }, depth, send);
  const sent = (): Promise<unknown> =>
    run(() => new Promise((resolve, reject) => (target as PromiseLike<unknown>).then(resolve, reject)));
  const running: Wrapped = {
    // biome-ignore lint/suspicious/noThenProperty: a query of Drizzle's is awaited
    then: (...args: Parameters<Promise<unknown>["then"]>) => sent().then(...args),
    catch: (...args: Parameters<Promise<unknown>["catch"]>) => sent().catch(...args),
    finally: (...args: Parameters<Promise<unknown>["finally"]>) => sent().finally(...args),
    execute: (placeholders?: unknown) =>
      run(() => (target as { execute: Method }).execute(placeholders) as PromiseLike<unknown>, placeholders),
    prepare: (...args: unknown[]) => prepared((target as { prepare: Method }).prepare(...args) as object),
  };
  const prepared = (statement: object): object => {
    const asOf = { steps: [...steps], table };
    const execute = (placeholders?: unknown): Promise<unknown> =>
      recorder.run(
        { ...asOf, placeholders },
        depth,
        () => (statement as { execute: Method }).execute(placeholders) as PromiseLike<unknown>,
      );
    return new Proxy(statement, {
      get: (_, property) => (property === "execute" ? execute : bound(statement, property)),
    });
  };
  const proxy: object = new Proxy(target, {
    get: (_, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function" || typeof property === "symbol") return value;
      if (Object.hasOwn(running, property)) return running[property];
      return (...args: unknown[]) => {
        const next: unknown = value.apply(target, args);
        if (next !== target && !isQuery(next)) return next;
        const step = { method: property, args };
        if (next !== target) return recordingQuery(next as object, { steps: [...steps, step], table }, depth, recorder);
        steps.push(step);
        return proxy;
      };
    },
  });
  queries.set(proxy, { steps, table });
  return proxy;
}

const isQuery = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

function bound(target: object, property: PropertyKey): unknown {
  const value: unknown = Reflect.get(target, property, target);
  return typeof value === "function" ? value.bind(target) : value;
}
