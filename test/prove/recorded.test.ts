import { describe, expect, it } from "vitest";
import { type Recorded, recordedOf } from "../../src/prove/recorded.ts";
import type { Note } from "../../src/prove/work.ts";

const query = (text: string, source?: string, test = "t"): Note => ({
  is: "query",
  text,
  file: "test/a.test.ts",
  test,
  ...(source === undefined ? {} : { source }),
});
const [only] = [[] as readonly string[]];
const one = (notes: readonly Note[], paths = only): Recorded["queries"][number] | undefined =>
  recordedOf(notes, paths).queries[0];

describe("recordedOf()", () => {
  it("knows a query by its text, with all lines and tests, and how often it ran", () => {
    const notes = [query("q", "src/b.ts:2:1"), query("q", "src/a.ts:1:1", "u"), query("q", "src/b.ts:2:1")];
    expect(one(notes)).toEqual({
      text: "q",
      sources: ["src/a.ts:1:1", "src/b.ts:2:1"],
      isOfTestsToo: false,
      isOfTestsAlone: false,
      tests: [
        { file: "test/a.test.ts", test: "t" },
        { file: "test/a.test.ts", test: "u" },
      ],
      runs: 3,
      values: [],
    });
  });

  it("knows values that were the same each time", () => {
    const asked = (...values: (string | null)[]): Note => ({ ...query("q", "src/a.ts:1:1"), values }) as Note;
    expect(one([asked("1", "a", null), asked("1", "b", null)])?.values).toEqual(["1", undefined, undefined]);
    // once different, it stays so
    expect(one([asked("a"), asked("b"), asked("b")])?.values).toEqual([undefined]);
  });

  it.each([
    "test/teams.test.ts:1:1",
    "tests/helpers/rows.ts:1:1",
    "src/__tests__/teams.ts:1:1",
    "src/teams.spec.js:1:1",
    "src/teams.it.test.mts:1:1",
    "packages/app/test/factories.ts:1:1",
    "fixtures/rows.ts:1:1",
    "e2e/login.ts:1:1",
    "vitest.setup.ts:1:1",
    "/elsewhere/app/test/x.ts:1:1",
  ])("takes %s for tests'", (source) => {
    expect(one([query("q", source)])).toMatchObject({ isOfTestsAlone: true, isOfTestsToo: true, sources: [] });
  });

  it.each([
    "src/teams.ts:1:1",
    "src/testimonials.ts:1:1",
    "lib/latest/teams.js:1:1",
    "app/api/contest/route.ts:1:1",
    "src/special.ts:1:1",
  ])("takes %s for the application's", (source) => {
    expect(one([query("q", source)])).toMatchObject({ isOfTestsAlone: false, isOfTestsToo: false, sources: [source] });
  });

  it("takes a query of both for the application's, and of nobody known as well", () => {
    const both = [query("q", "src/a.ts:1:1"), query("q", "test/a.test.ts:1:1")];
    expect(one(both)).toMatchObject({ isOfTestsAlone: false, isOfTestsToo: true, sources: ["src/a.ts:1:1"] });
    expect(one([query("q")])).toMatchObject({ isOfTestsAlone: false, sources: [] });
  });

  it("leaves out what is not asked in the named places, and takes tests there for the application", () => {
    const notes = [query("a", "src/a.ts:1:1"), query("b", "src/billing/b.ts:1:1"), query("c", "test/c.ts:1:1")];
    const wanted = (...paths: string[]): string[] =>
      recordedOf(notes, paths)
        .queries.filter(({ isOfTestsAlone }) => !isOfTestsAlone)
        .map(({ text }) => text);
    expect(wanted("src/billing")).toEqual(["b"]);
    expect(wanted("./src/billing/")).toEqual(["b"]);
    expect(wanted("src/a.ts")).toEqual(["a"]);
    expect(wanted("src/bill")).toEqual([]);
    expect(wanted("test", "src/a.ts")).toEqual(["a", "c"]);
    expect(wanted(".")).toEqual(["a", "b", "c"]);
  });

  it("knows of a table what is the same in all schemas of the tests that ask", () => {
    const table = (name: string, required: boolean) => ({
      name,
      columns: [{ name: "id", required }],
      keys: [],
      references: [],
    });
    const notes: Note[] = [
      { is: "facts", file: "1", tables: [table("a", true), table("b", true)] },
      { is: "facts", file: "2", tables: [table("a", true), table("b", false)] },
      { is: "facts", file: "2", tables: [table("c", true)] },
    ];
    const { tablesOf } = recordedOf(notes, []);
    expect(tablesOf({ tests: [{ file: "1" }, { file: "2", test: "t" }, { file: "2" }] })).toEqual([
      table("a", true),
      table("c", true),
    ]);
    // of another package
    expect(tablesOf({ tests: [{ file: "2" }] })).toEqual([table("a", true), table("b", false), table("c", true)]);
    expect(tablesOf({ tests: [{}] })).toEqual([]);
  });
});
