/** What bun's runner lets a library do. It tells hooks of no failure: its `test()` is replaced by one that notices. */

import * as bunTest from "bun:test";
import { basename } from "node:path";
import { HOOK_TIMEOUT, type Runner } from "./lifecycle.ts";

const { afterAll, afterEach, beforeEach, mock } = bunTest;
let failed: string | undefined;

export const bunRunner: Runner = {
  // a preloaded file is loaded once, for all files of tests
  file: undefined,
  beforeEach(work) {
    beforeEach(async () => {
      failed = undefined;
      await work();
    }, HOOK_TIMEOUT);
  },
  afterEach: (work) => afterEach(() => work(failed), HOOK_TIMEOUT),
  afterAll: (work) => afterAll(work, HOOK_TIMEOUT),
};

type Test = (...given: unknown[]) => unknown;

/**
 * Of a runner's `test`, and of what its properties return: `test.only`, `test.each([…])`.
 *
 * @param self - what bun wants to have called it as a method of
 */
function noticing(test: Test, self?: unknown): Test {
  return new Proxy(test, {
    apply: (target, _, given) => {
      const noticed = given.map((each) => (isBody(each, given) ? noticingBody(each, given) : each));
      const result = Reflect.apply(target, self, noticed);
      return typeof result === "function" ? noticing(result as Test) : result;
    },
    get: (target, name) => {
      const value = Reflect.get(target, name);
      return typeof value === "function" ? noticing(value as Test, target) : value;
    },
  });
}

const isBody = (value: unknown, given: unknown[]): value is Test => typeof value === "function" && given[0] !== value;

/** As long as what it stands for: bun passes a callback to a test that takes one. */
function noticingBody(body: Test, [name]: unknown[]): Test {
  const run = async function (this: unknown, ...given: unknown[]): Promise<unknown> {
    try {
      return await body.apply(this, given);
    } catch (error) {
      failed = `${basename(globalThis.Bun.main)} > ${name}`;
      throw error;
    }
  };
  return Object.defineProperty(run, "length", { value: body.length });
}

/** Once for all files of the process. */
export function noticeFailures(): void {
  const test = noticing(bunTest.test as Test);
  mock.module("bun:test", () => ({ ...bunTest, test, it: test }));
}
