/** What vitest lets a library do. Loaded only where vitest has loaded the file of tests. */
import { afterAll, afterEach, beforeEach, expect, type TestAPI, type TestContext, test } from "vitest";
import { FLAG, isIntegrationEnabled } from "../guard/flag.ts";
import { type FileOptions, HeldHooks, HOOK_TIMEOUT, type Runner, useUnit } from "./lifecycle.ts";

type Task = TestContext["task"];

export const vitestRunner: Runner = {
  get file() {
    return expect.getState().testPath;
  },
  beforeEach: (work) => beforeEach(({ task }) => work(task.concurrent === true), HOOK_TIMEOUT),
  afterEach: (work) => afterEach(({ task }) => work(failureOf(task)), HOOK_TIMEOUT),
  afterAll: (work) => afterAll(() => work(), HOOK_TIMEOUT),
};

/** Options of a fixture. */
export interface FixtureOptions {
  /** How long the unit lives. `@default "file"` */
  scope?: "file" | "worker" | "test";
  /** Whether tests that don't take the fixture have the unit, too: for `env`. `@default false` */
  auto?: boolean;
}

/** vitest's `test` with two fixtures: the unit for as long as it lives, and around each test that takes it, what happens between tests. */
export function testWithUnit<Options extends { readonly flag?: string }, Unit extends object>(
  open: (options: Options) => Promise<Unit>,
  options: Options & FileOptions & FixtureOptions,
): TestAPI<{ testDb: Unit }> {
  const { scope = "file", auto = false, ...rest } = options;
  const { flag = FLAG } = rest;
  return test.extend<{ living: { unit: Unit; hooks: HeldHooks }; testDb: Unit }>({
    living: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
      async ({}, use) => {
        const hooks = new HeldHooks(expect.getState().testPath);
        const unit = await useUnit(hooks, open, rest as unknown as Options & FileOptions);
        await use({ unit, hooks });
        await hooks.after();
      },
      { scope },
    ],
    testDb: [
      async ({ living: { unit, hooks }, task, skip }, use) => {
        if (!isIntegrationEnabled(flag)) skip(`${flag} is not set`);
        await hooks.before(task.concurrent === true && scope !== "test");
        await use(unit);
        await hooks.between(failureOf(task));
      },
      { auto },
    ],
  }) as unknown as TestAPI<{ testDb: Unit }>;
}

/** The name of a test that failed for good: neither one that is run again, nor one that is to fail. */
export function failureOf(task: Task): string | undefined {
  const { state, retryCount = 0 } = task.result ?? {};
  const retries = typeof task.retry === "number" ? task.retry : (task.retry?.count ?? 0);
  return state === "fail" && !task.fails && retryCount >= retries ? nameOf(task) : undefined;
}

function nameOf(task: Task): string {
  const names = [task.name];
  for (let suite = task.suite; suite?.name; suite = suite.suite) names.unshift(suite.name);
  return names.join(" > ");
}
