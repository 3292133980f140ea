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
      await work(false);
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
      if (typeof value !== "function") return value;
      return WANTED.includes(name) ? value.bind(target) : noticing(value as Test, target);
    },
  });
}

const isBody = (value: unknown, given: unknown[]): value is Test => typeof value === "function" && given[0] !== value;

/** Variants of `test` whose failure is what is wanted. */
const WANTED: readonly unknown[] = ["failing", "failingIf", "todo", "todoIf"];

/** As long as what it stands for: bun passes a callback to a test that takes one, and then waits for no promise. */
function noticingBody(body: Test, [name]: unknown[]): Test {
  const notice = (): void => {
    failed = `${basename(globalThis.Bun.main)} > ${name}`;
  };
  const run = function (this: unknown, ...given: unknown[]): unknown {
    const last = given.at(-1);
    const done = (error?: unknown): unknown => {
      if (error) notice();
      return (last as Test)(error);
    };
    try {
      const result = body.apply(this, typeof last === "function" ? [...given.slice(0, -1), done] : given);
      if (result instanceof Promise) result.catch(notice);
      return result;
    } catch (error) {
      notice();
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
