/** The public interface, with node-postgres under Drizzle: the same names as the root's. */
import type { Pool, PoolConfig } from "pg";
import { disposeAfter } from "./dispose-after.ts";
import { NODE_POSTGRES } from "./driver-options.ts";
import { loadDriver } from "./drivers/load-driver.ts";
import type { NodePgContext } from "./drivers/node-postgres.ts";
import type { DrizzleSchema, NoSchema, SchemaOption } from "./drizzle-types.ts";
import { isIntegrationEnabled } from "./guard/flag.ts";
import { type CommonOptions, resolveOptions } from "./options.ts";
import { buildAhead } from "./runners/build-ahead.ts";
import { preload } from "./runners/preload.ts";
import type { TestDbHandle } from "./test-db.ts";
import { uncaptured } from "./uncaptured.ts";

export type { DrizzleSchema } from "./drizzle-types.ts";
export { TestDbError, type TestDbErrorCode } from "./errors.ts";
export type { UnitEvent } from "./events.ts";
export type { Isolation, Keep, KeyedStep } from "./options.ts";
export type { AfterTest, Transaction } from "./test-db.ts";
export type { Identity } from "./unit/identity.ts";
export type { OtherClient } from "./unit/other-clients.ts";
export { isIntegrationEnabled };

/** Options of {@link withTestDb}. */
export interface WithTestDbOptions<TSchema extends DrizzleSchema = NoSchema>
  extends CommonOptions<NodePgContext<TSchema>>,
    SchemaOption<TSchema> {
  /** Options for the pool: `max`, `types`, `statement_timeout` … Where it connects to is decided by the unit. */
  client?: PoolConfig;
}

/**
 * What {@link withTestDb} hands out: the root's, with a `pg.Pool` for a client.
 *
 * @example
 * ```ts
 * let testDb: TestDb<typeof schema>; // drizzle-orm 1.0: typeof relations
 * ```
 */
export type TestDb<TSchema extends DrizzleSchema = NoSchema> = TestDbHandle<NodePgContext<TSchema>["db"], Pool>;

/**
 * Does what the root's does, with node-postgres: `pg` has to be installed.
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
  const resolved = resolveOptions(options, NODE_POSTGRES);
  const { openTestDb, nodePostgres } = await load();
  const testDb = await uncaptured(() => openTestDb(resolved, nodePostgres<TSchema>(options, options.client)));
  return use ? disposeAfter(testDb, use) : testDb;
}

/**
 * Builds the home ahead of the first suite, in a runner's global setup, and says how it goes on stderr: no hook has to wait for
 * the migrations then. Does nothing where the flag is off; in CI, a line says that integration suites are skipped.
 *
 * @throws TestDbError as {@link withTestDb}
 *
 * @example
 * ```ts
 * // test/global-setup.ts
 * export default () => buildHome({ migrationsFolder: "drizzle" });
 * ```
 */
export const buildHome = <TSchema extends DrizzleSchema = NoSchema>(
  options: WithTestDbOptions<TSchema>,
): Promise<void> => buildAhead(options, () => withTestDb(options, () => {}));

/**
 * The library with a flag and options of your own: for a package that the others of a monorepo import.
 *
 * @param defaults - options for every call; those of a call outrank them
 *
 * @example
 * ```ts
 * export const { withTestDb, buildHome, isIntegrationEnabled } = defineTestDb({ flag: "ACME_IT", isolation: "database" });
 * ```
 */
export const defineTestDb = (defaults: Partial<WithTestDbOptions>): DefinedTestDb => ({
  withTestDb: ((options: WithTestDbOptions, use?: (testDb: TestDb) => unknown) =>
    use ? withTestDb({ ...defaults, ...options }, use) : withTestDb({ ...defaults, ...options })) as typeof withTestDb,
  buildHome: ((options: WithTestDbOptions) => buildHome({ ...defaults, ...options })) as typeof buildHome,
  isIntegrationEnabled: () => isIntegrationEnabled(defaults.flag),
});

/** What {@link defineTestDb} makes. */
export interface DefinedTestDb {
  withTestDb: typeof withTestDb;
  buildHome: typeof buildHome;
  isIntegrationEnabled(): boolean;
}

/** A suite that is skipped loads no driver. */
const load = () =>
  loadDriver(async () => {
    const { openTestDb } = await import("./open-test-db.ts");
    const { nodePostgres } = await import("./drivers/node-postgres.ts");
    return { openTestDb, nodePostgres };
  });
// where suites are to run a call will come: its modules are loaded along with the suite's own
preload(load);
