/** vitest's idiom, with postgres.js under Drizzle. */
import type { TestAPI } from "vitest";
import type { DrizzleSchema, NoSchema } from "./drizzle-types.ts";
import { type TestDb, type WithTestDbOptions, withTestDb } from "./index.ts";
import { type FileOptions, useUnit } from "./runners/lifecycle.ts";
import { type FixtureOptions, testWithUnit, vitestRunner } from "./runners/vitest.ts";

export type { Environment, UrlPart } from "./runners/environment.ts";
export type { FileOptions } from "./runners/lifecycle.ts";
export type { FixtureOptions } from "./runners/vitest.ts";

/** Options of {@link useTestDb}: those of `withTestDb()`, and what a file of tests needs besides. */
export interface UseTestDbOptions<TSchema extends DrizzleSchema = NoSchema>
  extends WithTestDbOptions<TSchema>,
    FileOptions {}

/**
 * A unit for the file of tests that is being loaded, disposed of by vitest. Where the flag is off nothing connects: what is
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
): Promise<TestDb<TSchema>> => useUnit(vitestRunner, (given: WithTestDbOptions<TSchema>) => withTestDb(given), options);

/**
 * vitest's `test`, with a fixture `testDb`: a unit for the file, the worker or the test. Its tests are skipped where the flag is off.
 *
 * @throws TestDbError as {@link useTestDb}, from the first test that takes the fixture
 *
 * @example
 * ```ts
 * const test = testWithDb({ schema, migrationsFolder, between: "rollback" });
 *
 * test("finds what was inserted", async ({ testDb }) => {
 *   await testDb.db.insert(schema.things).values({ name: "Api" });
 * });
 * ```
 */
export const testWithDb = <TSchema extends DrizzleSchema = NoSchema>(
  options: UseTestDbOptions<TSchema> & FixtureOptions,
): TestAPI<{ testDb: TestDb<TSchema> }> =>
  testWithUnit((given: WithTestDbOptions<TSchema>) => withTestDb(given), options);
