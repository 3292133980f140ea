/** jest's environment for Node with a unit for the file of tests, with postgres.js under Drizzle. */
import { type WithTestDbOptions, withTestDb } from "./index.ts";
import { type EnvironmentClass, nodeEnvironment, withUnit } from "./runners/jest-environment.ts";

export type { EnvironmentClass, TestEnvironment } from "./runners/jest-environment.ts";

/**
 * Another environment, made one that takes a unit by the options in `testEnvironmentOptions.testDb`, those of `useTestDb()`: the
 * file's global `testDb`. It also tells `useTestDb()` which test has failed.
 *
 * @example
 * ```js
 * // test/environment.js, named as testEnvironment
 * module.exports = withTestDbEnvironment(require("jest-environment-jsdom").default);
 * ```
 */
export const withTestDbEnvironment = (base: EnvironmentClass): EnvironmentClass =>
  withUnit(base, (options: WithTestDbOptions) => withTestDb(options));

/**
 * The same of jest's own environment for Node.
 *
 * @example
 * ```js
 * // jest.config.js
 * module.exports = {
 *   testEnvironment: "with-test-db/jest/environment",
 *   testEnvironmentOptions: { testDb: { migrationsFolder: "drizzle", env: "DATABASE_URL", between: "reset" } },
 * };
 * ```
 */
const environment: EnvironmentClass = withTestDbEnvironment(nodeEnvironment());
// biome-ignore lint/style/noDefaultExport: jest takes an environment's default export
export default environment;
