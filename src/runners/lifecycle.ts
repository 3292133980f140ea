/** A unit for a file of tests: taken before the file's tests, brought back between them, given up after them. The same in every runner. */
import { basename } from "node:path";
import { TestDbError } from "../errors.ts";
import { FLAG, isIntegrationEnabled } from "../guard/flag.ts";
import { nearest } from "../nearest.ts";
import type { Isolation } from "../options.ts";
import type { TestDbHandle, Transaction } from "../test-db.ts";
import { TEST_FILE } from "../test-file.ts";
import { type Environment, environmentOf, setEnvironment } from "./environment.ts";

/** What a runner lets a library do. Hooks are of the file that is being loaded, and come before those of its suites. */
export interface Runner {
  /** The path of the test file, where the runner says so while the file loads. */
  readonly file: string | undefined;
  /** Where the application's environment variables are, if not in this process' own. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Whether this process only starts others, which load the same file again and run the tests. */
  readonly isOnlyStarting?: boolean;
  /** `work` is told whether the test runs beside others, where the runner says so. */
  beforeEach(work: (isConcurrent: boolean) => Promise<void>): void;
  /** `work` is told the name of the test if it failed; in a runner that does not say so, never. */
  afterEach(work: (failed: string | undefined) => Promise<void>): void;
  afterAll(work: () => Promise<void>): void;
}

/** How long a hook may take, in milliseconds: a reset whose replay is stale runs the migrations again. */
export const HOOK_TIMEOUT = 60_000;

/** Options of `useTestDb()`, beside those of `withTestDb()`. */
export interface FileOptions {
  /**
   * Sets environment variables for the application under test, until the file's tests are over: a variable's name, for the
   * unit's URL; or names with the part of the URL that each gets. Set before the application's modules load, if `useTestDb()`
   * is called in a setup file. Parts other than `"url"` cannot name a schema: `isolation` is `"database"` then.
   *
   * @example
   * ```ts
   * env: "DATABASE_URL"
   * env: { DB_HOST: "host", DB_PORT: "port", DB_USER: "user", DB_PASSWORD: "password", DB_NAME: "database" }
   * ```
   */
  env?: Environment;
  /**
   * What happens between two tests. `"reset"`: the unit is brought back to what the migrations left. `"truncate"`: its rows and
   * sequences are, whatever a test made beside them. `"rollback"`: each test is a transaction of `testDb.db` and `testDb.client`, which is
   * rolled back; not with `env`. `@default "nothing"`
   */
  between?: "reset" | "truncate" | "rollback" | "nothing";
}

/** The options that decide here; the others are passed on. */
type Given = FileOptions & { readonly flag?: string; readonly label?: string; readonly isolation?: "auto" | Isolation };
type Handle = TestDbHandle<unknown, unknown>;

const BETWEEN: readonly unknown[] = ["reset", "truncate", "rollback", "nothing"];

/**
 * Where the flag is off nothing connects: what is returned fails when it is used, and the application's variables lead nowhere.
 *
 * @throws TestDbError as `withTestDb()`, and `OPTION_INVALID` for options of its own
 */
export async function useUnit<Options extends object, Unit>(
  runner: Runner,
  open: (options: Options) => Promise<Unit>,
  options: Options & FileOptions,
): Promise<Unit> {
  const { env, between = "nothing", ...rest }: Given = options;
  const variables = environmentOf(env);
  if (!BETWEEN.includes(between)) {
    throw new TestDbError("OPTION_INVALID", {
      what: `between must be "reset", "truncate", "rollback" or "nothing", and is ${JSON.stringify(between)}`,
    });
  }
  for (const name of Object.keys(rest)) {
    const meant = nearest(name, ["between", "env"]);
    if (meant)
      throw new TestDbError("OPTION_INVALID", {
        what: `useTestDb() has no option "${name}"`,
        why: `did you mean "${meant}"?`,
      });
  }
  if (between === "rollback" && env !== undefined) {
    throw new TestDbError("OPTION_INVALID", {
      what: 'env and between: "rollback" do not go together',
      why: "env leads an application to the unit by connections of its own, which are outside of the test's transaction",
      next: 'between: "reset"; or hand testDb.db to the application, without env',
    });
  }
  const flag = rest.flag ?? FLAG;
  const { environment = process.env } = runner;
  if (runner.isOnlyStarting) return unusable("this process runs no tests") as Unit;
  const isOn = isIntegrationEnabled(flag);
  // stays where no unit can be had: a runner that goes on all the same must not reach a working database
  const restore = setEnvironment(environment, variables, nowhere(isOn ? "the unit" : flag));
  if (!isOn) {
    runner.afterAll(async () => restore());
    return unusable(`${flag} is not set`, `${flag}=1 npm test`) as Unit;
  }
  const isTakenApart = Object.values(variables).some((part) => part !== "url");
  const isolation = isTakenApart && !rest.isolation ? "database" : rest.isolation;
  const named = {
    ...(runner.file ? { label: labelOf(runner.file) } : {}),
    ...rest,
    ...(isolation ? { isolation } : {}),
    [TEST_FILE]: runner.file,
  };
  const unit = await open(named as unknown as Options);
  const testDb = unit as Handle;
  if (isTakenApart && testDb.isolation === "schema") {
    await testDb.dispose();
    throw new TestDbError("OPTION_INVALID", {
      what: "env takes the unit's URL apart, and a schema is in none of its parts",
      next: 'isolation: "database"',
    });
  }
  setEnvironment(environment, variables, testDb.url);
  registerHooks(runner, testDb, between, restore);
  return unit;
}

/** Hooks that are run by something that is told of each test, and of its end. */
export class HeldHooks implements Runner {
  readonly file: string | undefined;
  before = async (_isConcurrent: boolean): Promise<void> => {};
  between = async (_failed: string | undefined): Promise<void> => {};
  after = async (): Promise<void> => {};

  constructor(file: string | undefined) {
    this.file = file;
  }
  beforeEach(work: (isConcurrent: boolean) => Promise<void>): void {
    this.before = work;
  }
  afterEach(work: (failed: string | undefined) => Promise<void>): void {
    this.between = work;
  }
  afterAll(work: () => Promise<void>): void {
    this.after = work;
  }
}

function registerHooks(
  runner: Runner,
  testDb: Handle,
  between: NonNullable<FileOptions["between"]>,
  restore: () => void,
): void {
  let isUsed = false;
  let failed: string | undefined;
  let transaction: Transaction<unknown> | undefined;
  const named = (test: string): string => (runner.file ? `${basename(runner.file)} > ${test}` : test);
  /** Ends what belongs to the test that ran last: also where a hook of the file's own has kept ours from running. */
  const endTest = async (failure: string | undefined): Promise<void> => {
    const open = transaction;
    transaction = undefined;
    await open?.rollback({ failed: failure });
    if (!open) failed ??= failure;
  };
  runner.beforeEach(async (isConcurrent) => {
    if (isConcurrent && between !== "nothing") throw concurrent(between);
    await endTest(undefined).catch(() => {});
    if ((between === "reset" || between === "truncate") && isUsed) {
      const left = failed;
      failed = undefined;
      // what a failed test left is kept under another name, which only a reset does
      if (between === "reset" || left) await testDb.reset({ failed: left });
      else await testDb.truncate();
    }
    isUsed = true;
    if (between === "rollback") transaction = await testDb.begin();
  });
  runner.afterEach((test) => endTest(test && named(test)));
  runner.afterAll(async () => {
    restore();
    await testDb.dispose({ failed });
  });
}

const concurrent = (between: string): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `between: "${between}" is for tests that follow one another, and this one runs beside others`,
    why: "all of them have the same unit, and what is brought back for one is taken from the others",
    next: 'between: "nothing"; or a unit for each test: testWithDb({ scope: "test" }), withTestDb()',
  });

/** `things.it.test.ts` → `things`. */
export const labelOf = (file: string): string =>
  basename(file).replace(/(\.(it|int|integration|test|spec|e2e))*\.\w+$/, "");

/** A URL that no application gets anywhere with, and that says what is missing. `.invalid` is never resolved. */
export const nowhere = (missing: string): string => {
  const host = `${missing.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-is-not-set.invalid`;
  return `postgres://nobody@${host}:5432/nowhere`;
};

/** Stands for a unit where there is none, and for its `db` and `client`: a skipped suite may hand them on, and mock modules with them. */
const unusable = (why: string, next?: string): object => {
  const failing = (path: string, target: object, given: Readonly<Record<string, object>> = {}): object => {
    const fail = (used: string): never => {
      throw new TestDbError("FLAG_UNSET", {
        what: `${used} was used, but ${why}`,
        why: "integration suites must be asked for, so that a plain test run never reaches a database; this suite is probably not skipped where the flag is off",
        next,
      });
    };
    return new Proxy(target, {
      get(_, name) {
        // a promise that is resolved with it, and whatever prints it
        if (name === "then" || typeof name === "symbol") return undefined;
        return Object.hasOwn(given, name) ? given[name] : fail(`${path}.${name}`);
      },
      apply: () => fail(path),
    });
  };
  return failing("testDb", {}, { db: failing("testDb.db", {}), client: failing("testDb.client", () => {}) });
};
