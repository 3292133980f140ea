/** Queries of postgres.js: each passes its own `handle()`, whenever it is waited for. */
import type { Driver } from "../../queries/capturing.ts";
import { hasFragments, templateOf, valuesOf } from "../../queries/postgres-js.ts";
import { type Method, set } from "../../queries/replace.ts";
import { uncaptured } from "../../uncaptured.ts";
import type { Asked, Before } from "./asked.ts";

/** What of a query is read and changed. */
interface Query {
  readonly executed: boolean;
  readonly canceller: unknown;
  readonly handler: object;
  tagged: boolean;
  strings: readonly string[];
  readonly args: readonly unknown[];
  readonly constructor: new (...given: unknown[]) => PromiseLike<readonly unknown[]>;
}

/** @param isOurs - whether what runs now is of this library */
export function interceptPostgresJs(
  { prototype }: Pick<Driver, "prototype">,
  before: Before,
  isOurs: () => boolean,
): void {
  const { handle } = prototype as { handle: Method };
  const begun = new WeakSet<object>();
  /** Of each client or transaction, what its next query waits for: queries are sent in the order in which they were waited for. */
  const turns = new WeakMap<object, Promise<unknown>>();
  set(prototype, "handle", function (this: unknown) {
    const query = this as Query;
    const send = (): unknown => Reflect.apply(handle, query, []);
    if (begun.has(query) || query.executed || !query.canceller || isOurs()) return send();
    begun.add(query);
    const waits = intercept(query, before);
    const turn = turns.get(query.handler);
    if (!waits && !turn) return send();
    const next = Promise.resolve(turn).then(waits);
    turns.set(query.handler, next);
    return next.then(send).finally(() => {
      if (turns.get(query.handler) === next) turns.delete(query.handler);
    });
  });

  function intercept(
    query: Query,
    { prepare, replace, skip }: Before,
  ): (() => Promise<unknown> | undefined) | undefined {
    const text = templateOf(query);
    if (hasFragments(query)) {
      skip?.(text, query);
      return undefined;
    }
    const asked: Asked = {
      text,
      promise: query,
      // its own then() would send the query
      settled: Promise.prototype.then.call(query, ignore, ignore),
      parameters: valuesOf(query.args),
      ask: (sql) => uncaptured(async () => lastValueOf(await askBy(query, sql))),
    };
    const replacement = replace?.(asked);
    if (replacement !== undefined) {
      query.strings = [replacement];
      query.tagged = false;
    }
    return prepare && (() => prepare(asked));
  }

  function askBy(query: Query, sql: string): PromiseLike<readonly unknown[]> {
    return new query.constructor([sql], [], query.handler, query.canceller, { simple: true, prepare: false });
  }
}

const ignore = (): void => {};

/** Of several statements there are several results. */
function lastValueOf(result: unknown): unknown {
  const last: unknown = Array.isArray(result) ? result.at(-1) : result;
  if (Array.isArray(last)) return lastValueOf(last);
  return typeof last === "object" && last !== null ? Object.values(last)[0] : last;
}
