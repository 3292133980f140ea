/** The public interface, with node-postgres under Drizzle: the same names as the root's. */
import type { Pool, PoolConfig } from "pg";
import { loadDriver, preload } from "./drivers/load-driver.ts";
import type { NodePgContext } from "./drivers/node-postgres.ts";
import type { DrizzleOptions, DrizzleSchema, NoSchema, SchemaOption } from "./drizzle-types.ts";
import { type CommonOptions, resolveOptions } from "./options.ts";
import { runScoped } from "./scoped.ts";
import type { TestDbHandle } from "./test-db.ts";

export type { DrizzleSchema } from "./drizzle-types.ts";
export { TestDbError, type TestDbErrorCode } from "./errors.ts";
export type { UnitEvent } from "./events.ts";
export { isIntegrationEnabled } from "./guard/flag.ts";
export type { Isolation, KeyedStep } from "./options.ts";

/** Options of {@link withTestDb}. */
export interface WithTestDbOptions<TSchema extends DrizzleSchema = NoSchema>
  extends CommonOptions<NodePgContext<TSchema>>,
    SchemaOption<TSchema> {
  /** Options for Drizzle: `logger`, `cache`; `casing` on 0.45. */
  drizzle?: DrizzleOptions;
  /** Options for the pool: `max`, `types`, `statement_timeout` … Where it connects to is decided by the unit. */
  client?: PoolConfig;
}

/**
 * What {@link withTestDb} hands out: `db` typed by your schema (drizzle-orm 0.45) or your relations (1.0), and `client`,
 * a `pg.Pool` whose every connection is bound to a unit of its own.
 *
 * @example
 * ```ts
 * let testDb: TestDb<typeof schema>; // drizzle-orm 0.45
 * let testDb: TestDb<typeof relations>; // drizzle-orm 1.0
 * ```
 */
export type TestDb<TSchema extends DrizzleSchema = NoSchema> = TestDbHandle<NodePgContext<TSchema>["db"], Pool>;

/**
 * Makes a unit — a uniquely named throwaway schema, or a database where only that is exact — that holds exactly what
 * your migrations make, and hands out a typed database bound to it. `pg` has to be installed.
 *
 * With a function as second argument, the unit lives as long as the function runs.
 *
 * @throws TestDbError with a `code`; nothing is left on the server then. See docs/errors.md.
 *
 * @example
 * ```ts
 * import { withTestDb } from "with-test-db/pg";
 *
 * await withTestDb({ schema, migrationsFolder }, async ({ db, client }) => {
 *   await db.insert(schema.systems).values({ name: "Billing" });
 *   expect((await client.query("select name from systems")).rows).toEqual([{ name: "Billing" }]);
 * });
 * ```
 */
export async function withTestDb<TSchema extends DrizzleSchema = NoSchema>(
  options: WithTestDbOptions<TSchema>,
): Promise<TestDb<TSchema>>;
export async function withTestDb<TSchema extends DrizzleSchema = NoSchema, Result = void>(
  options: WithTestDbOptions<TSchema>,
  use: (testDb: TestDb<TSchema>) => Result | Promise<Result>,
): Promise<Result>;
export async function withTestDb<TSchema extends DrizzleSchema, Result>(
  options: WithTestDbOptions<TSchema>,
  use?: (testDb: TestDb<TSchema>) => Result | Promise<Result>,
): Promise<TestDb<TSchema> | Result> {
  const resolved = resolveOptions(options);
  const { openTestDb, nodePostgres } = await load();
  const testDb = await openTestDb(resolved, nodePostgres<TSchema>(options, options.client));
  return use ? runScoped(testDb, use) : testDb;
}

/** Apart from the rest, so that a suite which is skipped loads no driver. */
const load = () =>
  loadDriver(async () => {
    const { openTestDb } = await import("./with-test-db.ts");
    const { nodePostgres } = await import("./drivers/node-postgres.ts");
    return { openTestDb, nodePostgres };
  });
// where suites are to run a call will come: its modules are loaded along with the suite's own
preload(load);
