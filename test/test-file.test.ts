/** How the file of tests is found that a call comes from. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TEST_FILE, testFileOf } from "../src/test-file.ts";

type Call = (work: () => unknown) => unknown;

/** Calls from a module of that name. */
const from = (name: string): Call =>
  runInThisContext("(work) => { const result = work(); return result; }", { filename: name }) as Call;

describe("testFileOf", () => {
  afterEach(() => vi.unstubAllGlobals());
  /** As where no runner says which file runs: vitest's own globals are its worker's. */
  const plainly = (...callers: readonly string[]): string | undefined => {
    vi.stubGlobal("__vitest_worker__", undefined);
    // bound, since this file's own functions would be on the stack
    let work: () => unknown = testFileOf.bind(undefined, {});
    for (const name of callers) work = from(name).bind(undefined, work);
    try {
      return work() as string | undefined;
    } finally {
      vi.unstubAllGlobals();
    }
  };
  const here = process.cwd();

  it("is what a runner's idiom says", () => {
    expect(testFileOf({ [TEST_FILE]: join(here, "test", "a.test.ts") })).toBe("test/a.test.ts");
    expect(testFileOf({ [TEST_FILE]: pathToFileURL(join(here, "a b.test.ts")).href })).toBe("a b.test.ts");
  });

  it("is what the runner's own globals say", () => {
    expect(testFileOf({})).toBe("test/test-file.test.ts");
    vi.stubGlobal("__vitest_worker__", undefined);
    vi.stubGlobal("expect", { getState: () => ({ testPath: join(here, "test/jest.test.js") }) });
    const said = testFileOf({});
    vi.unstubAllGlobals();
    expect(said).toBe("test/jest.test.js");
  });

  it.each([
    [[join(here, "test/plain.mjs")], "test/plain.mjs"],
    [[`${pathToFileURL(join(here, "test/a%20b ü.mjs")).href}?v=1a2b`], "test/a%20b ü.mjs"],
    [[join(here, "test/plain.ts?v=123")], "test/plain.ts"],
    [
      ["node:internal/modules/run", join(here, "node_modules/helper/index.js"), join(here, "test/x.test.js")],
      "test/x.test.js",
    ],
    [[`file://${here}/[eval1]`, join(here, "test/x.test.js")], "test/x.test.js"],
    [["evalmachine.<anonymous>", join(here, "src/unit/ours.ts"), join(here, "test/x.test.js")], "test/x.test.js"],
    [[join(here, "..", "elsewhere", "x.test.js")], "../elsewhere/x.test.js"],
  ])("is the first caller that is neither ours nor a package's: %j", (callers, expected) => {
    expect(plainly(...callers)).toBe(expected);
  });

  it("leaves errors' stacks as they were", () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    plainly(join(here, "test/plain.mjs"));
    expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual([prepareStackTrace, stackTraceLimit]);
  });

  it("has 200 letters at most: the last", () => {
    const file = testFileOf({ [TEST_FILE]: join(here, "a".repeat(300), "b.test.ts") });
    expect(file).toHaveLength(200);
    expect(file).toMatch(/^…a+\/b\.test\.ts$/);
  });

  it("is nothing that an option's check sees", () => {
    expect(Object.keys({ [TEST_FILE]: "a" })).toEqual([]);
  });
});
