/** The caller's options, checked and completed once; inner code sees only what is resolved. */
import { randomBytes } from "node:crypto";
import { customRandom } from "nanoid";
import { DEADLINE } from "./connections/waiting.ts";
import { assertDriverOptions, type KnownOptions, POSTGRES_JS } from "./driver-options.ts";
import type { DrizzleOptions } from "./drizzle-types.ts";
import { TestDbError } from "./errors.ts";
import { FLAG, isFlagName, readFlag } from "./guard/flag.ts";
import { hostsIn } from "./guard/locality.ts";
import { nearest } from "./nearest.ts";
import { testFileOf } from "./test-file.ts";

/** How a unit is kept apart: a schema in a database of ours, or a database of its own. */
export type Isolation = "schema" | "database";

/** Which units are left in place. */
export type Keep = boolean | "on-failure";

/** Something that runs in the home, the database in which units live. Known by its key: another key is another home. */
export interface KeyedStep<Client> {
  /** Changes whenever what `run` does changes. */
  readonly key: string;
  /** Runs once per home, with a client on it. */
  run(client: Client): Promise<unknown>;
}

/** What runs in the home, in this order: files by their paths, and code. */
export type Steps<Client> = readonly (string | KeyedStep<Client>)[] | KeyedStep<Client>;

/** Options that don't depend on the driver. */
export interface CommonOptions<Client> {
  /** The folder that drizzle-kit writes: with `meta/_journal.json`, or one folder per migration. */
  migrationsFolder: string;
  /** Where to connect. `@default` `TEST_DB_URL`, else the embedded server */
  url?: string;
  /**
   * `schema`: a schema, or an error where that can't be exact. `database`: a database of its own.
   * `auto`: a schema where that is exact, else a database. `@default` `TEST_DB_ISOLATION`, else `"auto"`
   */
  isolation?: "auto" | Isolation;
  /** Goes into the unit's name, to find it again: letters and digits, in lower case, 32 at most. */
  label?: string;
  /** What the migrations expect to find: SQL files and code, in this order. Runs once, in the home, before them. */
  prepare?: Steps<Client>;
  /**
   * Rows every unit begins with: code, or an array of files and code. Runs once, in the home, after the migrations. `users.sql` is
   * run; `users.csv` has rows of the table `users`; `rows.json` has rows by table, or, as an array, those of the table of its name.
   */
  seed?: Steps<Client>;
  /**
   * Hosts that are not this machine and may be used all the same: tests make and drop databases there.
   * `@default` `TEST_DB_ALLOW_REMOTE`, else none
   */
  dangerouslyAllowRemote?: readonly string[];
  /**
   * Whether the unit may be one that was used before and was proven to be as the migrations made it; and whether it may
   * be used again. False makes a new one and drops it. `@default true`
   */
  reuse?: boolean;
  /**
   * Whether units are left in place, to be looked into. `"on-failure"`: what a failed test left is, for two hours, and of one home
   * the last eight. True: every unit is, until it is dropped by hand. `@default` `TEST_DB_KEEP`, else `"on-failure"`; false in CI
   */
  keep?: Keep;
  /**
   * How long to wait, in milliseconds, for a connection while the server has none left, for another process that builds the
   * home, and for each statement of a migration, each file or code of `prepare`, and `seed` to end. Raise it where one of
   * these takes longer. `@default 60_000`
   */
  deadline?: number;
  /**
   * Whether `rollback()` checks deferred constraints before it undoes what a test wrote, as a COMMIT would have.
   * `@default true`
   */
  checkDeferred?: boolean;
  /** The flag that has to be set. `@default "TEST_DB_IT"` */
  flag?: string;
  /** Options for Drizzle: `logger`, `cache`; `casing` before 1.0. */
  drizzle?: DrizzleOptions;
}

/** The options as all other modules see them. */
export interface ResolvedOptions<Client> {
  readonly migrationsFolder: string;
  readonly url: string | undefined;
  readonly isolation: "auto" | Isolation;
  readonly unitName: string;
  readonly prepare: Steps<Client> | undefined;
  readonly seed: Steps<Client> | undefined;
  readonly remoteHosts: readonly string[];
  readonly reuse: boolean;
  readonly keep: Keep;
  readonly deadline: number;
  readonly checkDeferred: boolean;
  readonly flag: string;
  /** What the environment says of shaking units: a seed, or a word that says no. */
  readonly shake: string | undefined;
  /** The file of tests that the call comes from, where anything tells. */
  readonly testFile: string | undefined;
}

/** What an option must be, in words, and whether a value is that. */
type Check = readonly [expected: string, isMet: (value: unknown) => boolean];

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === "string");
const isStep = (value: unknown): boolean => {
  const { key, run } = (value ?? {}) as Partial<KeyedStep<unknown>>;
  return typeof key === "string" && typeof run === "function";
};
const isSteps = (value: unknown): boolean =>
  isStep(value) || (Array.isArray(value) && value.every((each) => typeof each === "string" || isStep(each)));
/** What a timer can be set to. */
const LONGEST = 2 ** 31 - 1;

const ON_FAILURE = "on-failure";
const OBJECT: Check = ["an object", isObject];
const TEXT: Check = ["a string that is not empty", (value) => typeof value === "string" && value !== ""];
const BOOLEAN: Check = ["true or false", (value) => typeof value === "boolean"];
const ISOLATION: Check = [
  '"auto", "schema" or "database"',
  (value) => ["auto", "schema", "database"].includes(value as string),
];
const STEP = "{ key: string, run: ({ client, db }) => … }";

const CHECKS: Readonly<Record<string, Check>> = {
  schema: OBJECT,
  relations: OBJECT,
  migrationsFolder: TEXT,
  url: TEXT,
  isolation: ISOLATION,
  label: TEXT,
  prepare: [`${STEP}, or an array of such and of SQL files`, isSteps],
  seed: [`${STEP}, or an array of such and of files (.sql, .csv, .json)`, isSteps],
  dangerouslyAllowRemote: ["an array of host names", isTexts],
  reuse: BOOLEAN,
  keep: ['true, false or "on-failure"', (value) => typeof value === "boolean" || value === ON_FAILURE],
  deadline: ["a number of milliseconds", (value) => typeof value === "number" && value >= 0 && value <= LONGEST],
  checkDeferred: BOOLEAN,
  flag: ["the name of an environment variable", isFlagName],
  drizzle: OBJECT,
  client: OBJECT,
};

/**
 * Checks every option by name and fills in what was left out.
 *
 * @throws TestDbError `OPTION_INVALID`
 */
export function resolveOptions<Client>(
  options: CommonOptions<Client> & { readonly client?: unknown },
  known: KnownOptions = POSTGRES_JS,
): ResolvedOptions<Client> {
  if (!isObject(options)) throw invalid("options", "an object", options);
  for (const [name, value] of Object.entries(options)) {
    const known = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
    if (!known) {
      const meant = nearest(name, Object.keys(CHECKS));
      throw new TestDbError("OPTION_INVALID", {
        what: `withTestDb() has no option ${JSON.stringify(name)}`,
        why: meant ? `did you mean ${JSON.stringify(meant)}?` : "it may be misspelt, or of another version",
        next: `use one of ${Object.keys(CHECKS).join(", ")}`,
      });
    }
    if (value !== undefined) check(name, known, value);
  }
  assertDriverOptions(options, known);
  if (!options.migrationsFolder) throw invalid("migrationsFolder", "the folder that drizzle-kit writes", undefined);
  return {
    migrationsFolder: options.migrationsFolder,
    url: options.url,
    isolation: options.isolation ?? isolationFromEnvironment(),
    unitName: unitName(options.label),
    prepare: options.prepare,
    seed: options.seed,
    remoteHosts: [...(options.dangerouslyAllowRemote ?? []), ...hostsIn(process.env["TEST_DB_ALLOW_REMOTE"])],
    reuse: options.reuse ?? true,
    keep: options.keep ?? keepFromEnvironment(),
    deadline: options.deadline ?? DEADLINE,
    checkDeferred: options.checkDeferred ?? true,
    flag: options.flag ?? FLAG,
    shake: process.env["TEST_DB_SHAKE"],
    testFile: testFileOf(options),
  };
}

function isolationFromEnvironment(): "auto" | Isolation {
  const value = process.env["TEST_DB_ISOLATION"] || "auto";
  check("TEST_DB_ISOLATION", ISOLATION, value);
  return value as "auto" | Isolation;
}

/** In CI nobody looks into a unit, and what is kept takes room on the server. */
function keepFromEnvironment(): Keep {
  const { TEST_DB_KEEP: chosen = "", CI = "" } = process.env;
  if (chosen.trim().toLowerCase() === ON_FAILURE) return ON_FAILURE;
  if (chosen.trim() !== "") return readFlag("TEST_DB_KEEP", `, and ${ON_FAILURE}`);
  return ["", "0", "false"].includes(CI.trim().toLowerCase()) ? ON_FAILURE : false;
}

function check(name: string, [expected, isMet]: Check, value: unknown): void {
  if (!isMet(value)) throw invalid(name, expected, value);
}

function invalid(name: string, expected: string, value: unknown): TestDbError {
  const got = shownValue(value);
  // the value of an option may be a URL with a password in it
  const isSecret = (name === "url" || name === "client") && value !== "";
  const shown = isSecret ? typeof value : got.length > 60 ? `${got.slice(0, 60)}…` : got;
  return new TestDbError("OPTION_INVALID", { what: `${name} must be ${expected}, and is ${shown}` });
}

function shownValue(value: unknown): string {
  if (typeof value === "function") return "a function";
  try {
    return JSON.stringify(value) ?? (value === undefined ? "nothing" : String(value));
  } catch {
    return String(value); // a BigInt, or an object that holds itself
  }
}

/** 36^14 names: two units of one server collide once in many billion years of tests. */
const RANDOM_LENGTH = 14;
// with Node's own bytes: the Web Crypto that nanoid asks takes a millisecond to load
const randomName = customRandom("0123456789abcdefghijklmnopqrstuvwxyz", RANDOM_LENGTH, randomBytes);
/** A name has 63 bytes at most, of which the prefix and the random part take 18. */
const LABEL_LENGTH = 32;

/** A unit's name: new, without a need for quotes, and within Postgres' length. */
export function unitName(label?: string): string {
  const words = (label ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, LABEL_LENGTH);
  return words ? `it_${words}_${randomName()}` : `it_${randomName()}`;
}

/** The name under which what a failed test left of a unit is kept. */
export const failedName = (name: string): string => `${name.slice(0, -RANDOM_LENGTH)}failed_${randomName()}`;

/** Another name with the same label. */
export const anotherName = (name: string): string => `${name.slice(0, -RANDOM_LENGTH)}${randomName()}`;
