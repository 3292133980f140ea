/** node:test's idiom, with node-postgres under Drizzle. */
import type { TestContext } from "node:test";
import type { DrizzleSchema, NoSchema } from "./drizzle-types.ts";
import { type TestDb, type WithTestDbOptions, withTestDb } from "./pg.ts";
import { type FileOptions, useUnit } from "./runners/lifecycle.ts";
import { describeWhere, failureOf, nodeRunner } from "./runners/node.ts";

export type { Environment, UrlPart } from "./runners/environment.ts";
export type { FileOptions } from "./runners/lifecycle.ts";

/** Options of {@link useTestDb}: those of `withTestDb()`, and what a file of tests needs besides. */
export interface UseTestDbOptions<TSchema extends DrizzleSchema = NoSchema>
  extends WithTestDbOptions<TSchema>,
    FileOptions {}

/**
 * A unit for the file of tests that is being loaded, disposed of by node:test. Where the flag is off nothing connects: what is
 * returned fails when it is used.
 *
 * @throws TestDbError as `withTestDb()`, and `OPTION_INVALID` for `env` and `between`
 *
 * @example
 * ```ts
 * const testDb = await useTestDb({ schema, migrationsFolder, env: "DATABASE_URL", between: "reset" });
 * ```
 */
export const useTestDb = <TSchema extends DrizzleSchema = NoSchema>(
  options: UseTestDbOptions<TSchema>,
): Promise<TestDb<TSchema>> => useUnit(nodeRunner, (given: WithTestDbOptions<TSchema>) => withTestDb(given), options);

/**
 * A unit for one test, disposed of after the test.
 *
 * @throws TestDbError as `withTestDb()`
 *
 * @example
 * ```ts
 * test("finds what was inserted", async (t) => {
 *   const testDb = await testDbFor(t, { schema, migrationsFolder });
 * });
 * ```
 */
export async function testDbFor<TSchema extends DrizzleSchema = NoSchema>(
  t: Pick<TestContext, "after" | "name">,
  options: WithTestDbOptions<TSchema>,
): Promise<TestDb<TSchema>> {
  const testDb = await withTestDb({ label: t.name, ...options });
  t.after((context) => testDb.dispose({ failed: failureOf(context as TestContext) }));
  return testDb;
}

/**
 * `describe()` for integration suites: skipped, with the reason, where the flag is off.
 *
 * @param options - `flag`: the environment variable that has to be set. `@default "TEST_DB_IT"`
 *
 * @example
 * ```ts
 * describeIntegration("CatalogService (real Postgres)", () => { … });
 * ```
 */
export const describeIntegration = (
  name: string,
  suite: () => void | Promise<void>,
  options: { readonly flag?: string } = {},
): void => describeWhere(options.flag)(name, suite);
