/** bun's idiom, with node-postgres under Drizzle. */
import type { DrizzleSchema, NoSchema } from "./drizzle-types.ts";
import { type TestDb, type WithTestDbOptions, withTestDb } from "./pg.ts";
import { bunRunner, noticeFailures } from "./runners/bun.ts";
import { type FileOptions, useUnit } from "./runners/lifecycle.ts";

export type { Environment, UrlPart } from "./runners/environment.ts";
export type { FileOptions } from "./runners/lifecycle.ts";

/** Options of {@link useTestDb}: those of `withTestDb()`, and what a file of tests needs besides. */
export interface UseTestDbOptions<TSchema extends DrizzleSchema = NoSchema>
  extends WithTestDbOptions<TSchema>,
    FileOptions {}

noticeFailures();

/**
 * A unit for the file of tests that is being loaded, disposed of by bun: in a preloaded file, for all files of its process. Where the flag is off nothing connects: what is
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
): Promise<TestDb<TSchema>> => useUnit(bunRunner, (given: WithTestDbOptions<TSchema>) => withTestDb(given), options);
