/**
 * jest's environment for Node, which also tells `useTestDb()` which test has failed: its unit is kept then.
 *
 * @example
 * ```js
 * // jest.config.js
 * module.exports = { testEnvironment: "with-test-db/jest/environment" };
 *
 * // another environment
 * const { tellingFailures } = require("with-test-db/jest/environment");
 * module.exports = tellingFailures(require("jest-environment-jsdom").default);
 * ```
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { TestDbError } from "./errors.ts";
import { type EnvironmentClass, tellingFailures } from "./runners/jest-failures.ts";

export { type EnvironmentClass, tellingFailures } from "./runners/jest-failures.ts";

/** jest's environment for Node, which tells hooks of failures. */
export const TestEnvironment: EnvironmentClass = tellingFailures(load("jest-environment-node").TestEnvironment);
// biome-ignore lint/style/noDefaultExport: jest takes an environment's default export
export default TestEnvironment;

/** It comes with jest, from where a strict package manager shows it to nobody else. */
function load(name: string) {
  const project = createRequire(join(process.cwd(), "package.json"));
  try {
    let from = project;
    for (const by of ["jest", "@jest/core", "jest-config"]) from = createRequire(from.resolve(by));
    return from(name);
  } catch {
    try {
      return project(name);
    } catch (error) {
      throw new TestDbError("DRIVER_NOT_INSTALLED", {
        what: `${name} is not installed`,
        next: `npm install --save-dev ${name}`,
        cause: error,
      });
    }
  }
}
