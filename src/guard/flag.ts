/**
 * The integration flag: nothing touches a server unless it says yes, and a value that is neither yes nor no is an error, so
 * that a misspelt flag never passes for "off" and silently skips every suite. Nor does a misspelt name, where it can be told.
 */
import { TestDbError } from "../errors.ts";
import { isNear } from "../nearest.ts";
import { noticeOnce } from "../notice.ts";

export const FLAG = "TEST_DB_IT";

const YES: readonly string[] = ["1", "true", "yes", "on"];
const NO: readonly string[] = ["", "0", "false", "no", "off"];

/**
 * Whether integration suites should run: true for `1`, `true`, `yes`, `on`; false for `0`, `false`, `no`, `off`, or unset.
 * Where the flag is unset and a variable with nearly its name says yes, a line on stderr tells of that.
 *
 * @param flag - the environment variable to read, or the options of `withTestDb()`, whose `flag` it is. `@default "TEST_DB_IT"`
 * @throws TestDbError `FLAG_INVALID` for any other value: a typo must not skip a suite; `OPTION_INVALID` where `flag` is no name.
 *
 * @example
 * ```ts
 * describe.skipIf(!isIntegrationEnabled())("CatalogService (real Postgres)", () => { … });
 * ```
 */
export function isIntegrationEnabled(flag: string | { readonly flag?: string | undefined } = FLAG): boolean {
  const name = typeof flag === "object" && flag !== null ? flagIn(flag) : flag;
  if (!isFlagName(name)) throw noName(name);
  const isOn = readFlag(name);
  const meant = !isOn && nearMiss(name);
  if (meant) noticeOnce(`${meant} is set, but ${name} is not: integration suites are skipped`);
  return isOn;
}

/** What a flag can be called. */
export const isFlagName = (value: unknown): value is string =>
  typeof value === "string" && /^[a-z_][a-z0-9_]*$/i.test(value);

/** @param because - what is added to the reason why any other value is refused */
export function readFlag(flag: string, because = ", so that a typo cannot skip a suite"): boolean {
  const value = process.env[flag];
  const word = wordOf(value);
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  throw new TestDbError("FLAG_INVALID", {
    what: `${flag}=${JSON.stringify(value)} is neither yes nor no`,
    why: `only 1/true/yes/on and 0/false/no/off are understood${because}`,
    next: `${flag}=1 npm test`,
  });
}

/**
 * @param call - its name, for the error
 * @throws TestDbError `FLAG_UNSET`, `FLAG_INVALID`
 */
export function assertIntegrationEnabled(flag: string = FLAG, call = "withTestDb()"): void {
  if (readFlag(flag)) return;
  const meant = nearMiss(flag);
  throw new TestDbError("FLAG_UNSET", {
    what: `${call} was called, but ${flag} is not set`,
    why: meant
      ? `${meant} is set, which may be a misspelling of it`
      : "integration suites must be asked for, so that a plain test run never reaches a database; this suite is probably missing its describe.skipIf(!isIntegrationEnabled())",
    next: `${flag}=1 npm test`,
  });
}

const wordOf = (value: string | undefined): string => (value ?? "").trim().toLowerCase();

/** An unset flag's near miss: a variable that says yes, and whose name has two letters more, less or different at most. */
export function nearMiss(flag: string): string | undefined {
  if (process.env[flag] !== undefined) return undefined;
  const letters = lettersOf(flag);
  // a short name is near to anything
  const edits = Math.min(2, Math.floor(letters.length / 4));
  return Object.keys(process.env).find(
    (name) => isNear(lettersOf(name), letters, edits) && YES.includes(wordOf(process.env[name])),
  );
}

/** Neither case nor what separates words tells names apart. */
const lettersOf = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, "");

/** Options without a flag mean the default one, and what has other fields alone is a mistake. */
const flagIn = (options: { readonly flag?: unknown }): unknown =>
  "flag" in options || (Object.keys(options).length === 0 && !Array.isArray(options))
    ? (options.flag ?? FLAG)
    : options;

const noName = (value: unknown): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `isIntegrationEnabled() takes the name of a variable, and was given ${shown(value)}`,
    why: "a flag that cannot be set would skip the suite for ever",
    next: 'isIntegrationEnabled("TEST_DB_IT"), or isIntegrationEnabled({ flag: "TEST_DB_IT" })',
  });

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" || typeof value === "function" ? `${value && typeof value}` : String(value);
}
