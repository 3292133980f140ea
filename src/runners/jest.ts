/** What jest lets a library do. jest tells hooks of no failure: its environment does (jest-environment.ts). */
import { afterAll, afterEach, beforeEach, describe, expect } from "@jest/globals";
import { FLAG, isIntegrationEnabled } from "../guard/flag.ts";
import { FAILED_TEST } from "./jest-failures.ts";
import { HOOK_TIMEOUT, type Runner } from "./lifecycle.ts";

export const jestRunner: Runner = {
  get file() {
    return expect.getState().testPath;
  },
  beforeEach: (work) => beforeEach(() => work(false), HOOK_TIMEOUT),
  afterEach: (work) => afterEach(() => work((globalThis as { [FAILED_TEST]?: string })[FAILED_TEST]), HOOK_TIMEOUT),
  afterAll: (work) => afterAll(work, HOOK_TIMEOUT),
};

/** `describe()` where the flag is set, `describe.skip()` where it is not. */
export const describeWhere = (flag: string = FLAG): ((name: string, suite: () => void) => void) =>
  isIntegrationEnabled(flag) ? describe : describe.skip;
