/** jest's idiom, with node-postgres under Drizzle. */
import type { DrizzleSchema, NoSchema } from "./drizzle-types.ts";
import { type TestDb, type WithTestDbOptions, withTestDb } from "./pg.ts";
import { describeWhere, jestRunner } from "./runners/jest.ts";
import { type FileOptions, useUnit } from "./runners/lifecycle.ts";

export type { Environment, UrlPart } from "./runners/environment.ts";
export type { FileOptions } from "./runners/lifecycle.ts";

/** Options of {@link useTestDb}: those of `withTestDb()`, and what a file of tests needs besides. */
export interface UseTestDbOptions<TSchema extends DrizzleSchema = NoSchema>
  extends WithTestDbOptions<TSchema>,
    FileOptions {}

/**
 * A unit for the file of tests that is being loaded, disposed of by jest. Where the flag is off nothing connects: what is
 * returned fails when it is used.
 *
 * @throws TestDbError as `withTestDb()`, and `OPTION_INVALID` for `env` and `between`
 *
 * @example
 * ```ts
 * // test/database.js, named in setupFilesAfterEnv
 * module.exports = async () => {
 *   globalThis.testDb = await useTestDb({ schema, migrationsFolder, env: "DATABASE_URL", between: "reset" });
 * };
 * ```
 */
export const useTestDb = <TSchema extends DrizzleSchema = NoSchema>(
  options: UseTestDbOptions<TSchema>,
): Promise<TestDb<TSchema>> => useUnit(jestRunner, (given: WithTestDbOptions<TSchema>) => withTestDb(given), options);

/**
 * `describe()` for integration suites: skipped where the flag is off.
 *
 * @param options - `flag`: the environment variable that has to be set. `@default "TEST_DB_IT"`
 *
 * @example
 * ```ts
 * describeIntegration("CatalogService (real Postgres)", () => { … });
 * ```
 */
export const describeIntegration = (name: string, suite: () => void, options: { readonly flag?: string } = {}): void =>
  describeWhere(options.flag)(name, suite);
