/** What node:test lets a library do. */
import { basename } from "node:path";
import { after, afterEach, beforeEach, describe, type TestContext } from "node:test";
import { FLAG, isIntegrationEnabled } from "../guard/flag.ts";
import { HOOK_TIMEOUT, type Runner } from "./lifecycle.ts";

/** `passed` is of Node 20.12 and later. */
type Context = Partial<TestContext> & { readonly passed?: boolean; readonly fullName?: string };

/** The test that runs: hooks are called for its subtests, too. */
let running: string | undefined;

const nameOf = ({ fullName, name }: Context): string | undefined => fullName ?? name;
const isPartOf = (context: Context, test: string | undefined): boolean =>
  test !== undefined && nameOf(context)?.startsWith(`${test} > `) === true;

const timeout = { timeout: HOOK_TIMEOUT };

export const nodeRunner: Runner = {
  get file() {
    // what `node --test` runs in a process of its own, and what is run as a script
    const [, script = ""] = process.argv;
    return /\.[cm]?[jt]sx?$/.test(basename(script)) ? script : undefined;
  },
  get isOnlyStarting() {
    return isRunnerOfProcesses();
  },
  beforeEach(work) {
    beforeEach(async (context) => {
      if (isPartOf(context as Context, running)) return;
      running = nameOf(context as Context);
      await work(false);
    }, timeout);
  },
  afterEach: (work) =>
    afterEach(async (context) => {
      if (isPartOf(context as Context, running)) return;
      await work(failureOf(context as Context));
    }, timeout),
  afterAll: (work) => after(() => work(), timeout),
};

/** The name of a test that failed. */
export const failureOf = ({ passed, fullName, name }: Context): string | undefined =>
  passed === false ? (fullName ?? name) : undefined;

/** Whether this process only runs others, one for each file: `--import` loads a setup file in it as well. */
const isRunnerOfProcesses = (): boolean =>
  process.execArgv.includes("--test") &&
  !process.execArgv.some((argument) => /^--(experimental-)?test-isolation=none$/.test(argument));

/** `describe()`, skipped with a reason where the flag is not set. */
export function describeWhere(flag: string = FLAG): (name: string, suite: () => void | Promise<void>) => void {
  const skip = isIntegrationEnabled(flag) ? false : `${flag} is not set`;
  return (name, suite) => void describe(name, { skip }, suite);
}
