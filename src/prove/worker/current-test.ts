/** Which test runs now, as far as the runner tells. */
import { relative } from "node:path";
import type { Where } from "../work.ts";

/** Of jest, whose tests have globals of their own: what its runtime says. */
export interface JestRuntime {
  readonly _testPath?: string;
  readonly _environment?: { readonly global?: { readonly expect?: JestExpect } & object };
}

interface JestExpect {
  getState?(): { readonly currentTestName?: string };
}

interface VitestTask {
  readonly name: string;
  readonly suite?: VitestTask;
}

interface VitestWorker {
  readonly filepath?: string;
  readonly current?: VitestTask;
}

export function currentTest(jest?: JestRuntime): Where {
  if (jest) return where(jest._testPath, jest._environment?.global?.expect?.getState?.().currentTestName);
  const { __vitest_worker__: vitest } = globalThis as { readonly __vitest_worker__?: VitestWorker };
  if (vitest) return where(vitest.filepath, vitest.current && nameOf(vitest.current));
  const { Bun: bun } = globalThis as { readonly Bun?: { readonly main?: string } };
  return where(bun?.main ?? (process.env["NODE_TEST_CONTEXT"] ? process.argv[1] : undefined), undefined);
}

const nameOf = ({ suite, name }: VitestTask): string => (suite?.name ? `${nameOf(suite)} > ${name}` : name);

const where = (file: string | undefined, test: string | undefined): Where => ({
  ...(file ? { file: relative(process.cwd(), file).replaceAll("\\", "/") } : {}),
  ...(test ? { test } : {}),
});
