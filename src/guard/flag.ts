/**
 * The integration flag: nothing touches a server unless it says yes, and a value that is neither yes nor no is an error, so
 * that a misspelt flag never passes for "off" and silently skips every suite.
 */
import { TestDbError } from "../errors.ts";

export const FLAG = "TEST_DB_IT";

const YES: readonly string[] = ["1", "true", "yes", "on"];
const NO: readonly string[] = ["", "0", "false", "no", "off"];

/**
 * Whether integration suites should run: true for `1`, `true`, `yes`, `on`; false for `0`, `false`, `no`, `off`, or unset.
 *
 * @param flag - the environment variable to read. `@default "TEST_DB_IT"`
 * @throws TestDbError `FLAG_INVALID` for any other value: a typo must not skip a suite.
 *
 * @example
 * ```ts
 * describe.skipIf(!isIntegrationEnabled())("CatalogService (real Postgres)", () => { … });
 * ```
 */
export function isIntegrationEnabled(flag: string = FLAG): boolean {
  return readFlag(flag);
}

export function readFlag(flag: string): boolean {
  const value = process.env[flag];
  const word = (value ?? "").trim().toLowerCase();
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  throw new TestDbError("FLAG_INVALID", {
    what: `${flag}=${JSON.stringify(value)} is neither yes nor no`,
    why: "only 1/true/yes/on and 0/false/no/off are understood, so that a typo cannot skip a suite",
    next: `${flag}=1 npm test`,
  });
}

/** @throws TestDbError `FLAG_UNSET`, `FLAG_INVALID` */
export function assertIntegrationEnabled(flag: string = FLAG): void {
  if (isIntegrationEnabled(flag)) return;
  throw new TestDbError("FLAG_UNSET", {
    what: `withTestDb() was called, but ${flag} is not set`,
    why: "integration suites must be asked for, so that a plain test run never reaches a database; this suite is probably missing its describe.skipIf(!isIntegrationEnabled())",
    next: `${flag}=1 npm test`,
  });
}
