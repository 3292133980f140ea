/** Chains, types and SQL are Drizzle's own: a database of `drizzle-orm/pg-proxy`, whose calls are recorded and answered by stubs. */
import { AssertionError } from "node:assert";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pg-proxy";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { DrizzleOptions, DrizzleSchema, NoSchema, SchemaOption } from "../drizzle-types.ts";
import { Answering } from "./answering.ts";
import type { MockCall } from "./mock-call.ts";
import { noSchema, type Tables, tableOf } from "./not-stubbed.ts";
import { chainOf, recordingDb } from "./recording-db.ts";
import { statementOf } from "./statement.ts";
import type { Stubbing } from "./stubbing.ts";
import { Stubs } from "./stubs.ts";

/** A database of either driver, typed by your schema or, since drizzle-orm 1.0, your relations. There is no `$client`. */
export type MockDatabase<TSchema extends DrizzleSchema = NoSchema> = PostgresJsDatabase<TSchema> &
  NodePgDatabase<TSchema> & { readonly $client: never };

/** Options of {@link createMockDb}. */
export type MockDbOptions<TSchema extends DrizzleSchema = NoSchema> = SchemaOption<TSchema> & {
  /** Options for Drizzle that change its SQL: `casing` before 1.0, `codecs` since. And `logger`. */
  readonly drizzle?: Omit<DrizzleOptions, "cache">;
};

/** What {@link createMockDb} makes. */
export interface MockDb<TSchema extends DrizzleSchema = NoSchema> {
  /** To be passed where a database of postgres.js or node-postgres is wanted. */
  readonly db: MockDatabase<TSchema>;
  /** What was asked, in order: also what failed, and what was rolled back. */
  readonly calls: readonly MockCall[];
  /** Says what is answered each time. The latest of several that fit counts. */
  readonly on: Stubbing<MockDatabase<TSchema>>;
  /** Says what is answered one time: before {@link on}, and in the order in which it is said. */
  readonly once: Stubbing<MockDatabase<TSchema>>;
  /**
   * For the end of a test: whether every query had its stub, and every stub of {@link once} its query.
   *
   * @throws TestDbError `NOT_STUBBED`, the first that was thrown, which the code under test may have caught
   * @throws AssertionError where what was said once was never asked
   */
  verify(): void;
  /** Forgets all stubs and calls: between tests. */
  reset(): void;
}

/**
 * A stand-in for Drizzle's database, without a server, a connection or a driver: for unit tests of code that takes a `db`. It records
 * calls and answers what was stubbed; it knows no rows. What a query returns, only `withTestDb()` knows.
 *
 * A write without `returning()` needs no stub. Whatever else is not stubbed fails with the line that would stub it.
 *
 * @throws TestDbError `NOT_STUBBED`, from queries of `db`
 *
 * @example
 * ```ts
 * const mock = createMockDb({ schema }); // drizzle-orm 1.0: { relations }
 * mock.on.select(schema.users).returns([{ id: 1, name: "Ada" }]);
 * await greet(mock.db, 1);
 * expect(mock.calls).toMatchObject([{ operation: "select", table: "users", params: [1] }]);
 * ```
 */
export function createMockDb<TSchema extends DrizzleSchema = NoSchema>(
  options: MockDbOptions<TSchema> = {} as MockDbOptions<TSchema>,
): MockDb<TSchema> {
  const { schema, relations, drizzle: settings } = options as { [name in "schema" | "relations" | "drizzle"]?: object };
  const tables = (schema ?? relations ?? {}) as Tables;
  const config = { ...settings, ...(schema && { schema }), ...(relations && { relations }) } as Config;
  const dialect = new PgDialect(config as Pick<Config, "casing">);
  const stubs = new Stubs();
  const answering = new Answering(stubs, tables, (text) => {
    const { sql, params } = dialect.sqlToQuery(text);
    return { sql, params };
  });
  const db = recordingDb(drizzle(answering.send, config), {
    run: (query, depth, send) => answering.run(query, depth, send),
    record: (call) => answering.calls.push(call),
    tableOf: (key) => tableOf(tables[key]),
    missing: (key) => (schema || relations ? undefined : noSchema(key)),
  }) as MockDatabase<TSchema>;

  const asked = (build: (db: MockDatabase<TSchema>) => PromiseLike<unknown>) => {
    const built = build(db);
    const query = chainOf(built);
    if (!query) {
      // an async function has run its query by now
      Promise.resolve(built).catch(() => {});
      throw new TypeError("mock.on.query() takes a function that returns a query of its db, and awaits nothing");
    }
    return [statementOf(query.steps, query.table), sqlOf(built)] as const;
  };
  return {
    db,
    calls: answering.calls,
    on: stubs.stubbing("always", asked),
    once: stubs.stubbing("once", asked),
    verify() {
      const [refusal] = answering.refusals;
      if (refusal) throw refusal;
      const { unused } = stubs;
      const message = `What was stubbed once was not asked for: ${unused.join("; ")}`;
      if (unused.length > 0) throw new AssertionError({ message, actual: unused, expected: [], operator: "verify" });
    },
    reset() {
      stubs.clear();
      answering.clear();
    },
  };
}

/** What the pg-proxy of the installed line takes; that of 1.0 is written down nowhere here. */
type Config = NonNullable<Parameters<typeof drizzle<Record<string, unknown>>>[1]>;

/** Queries have `toSQL()`; what `execute()` returns has `getQuery()`. */
function sqlOf(query: object): string {
  const { toSQL, getQuery } = query as { [name in "toSQL" | "getQuery"]?: () => { readonly sql: string } };
  return (toSQL ?? getQuery)?.().sql ?? "";
}
