import { describe, expect, it } from "vitest";
import type { Rehearsal } from "../../../src/rehearse/rehearsal.ts";
import { reportPage } from "../../../src/rehearse/report/page.ts";

const EVIL = `<img src=x onerror="alert('1')">&\u202e\u001b[2J`;
const at = { tag: EVIL, file: EVIL, line: 3 };

/** With what is evil wherever a name, a statement or a row may be. */
const rehearsal: Rehearsal = {
  on: "snapshot",
  beside: EVIL,
  server: "18.1",
  migrations: [
    {
      ...{ tag: EVIL, file: EVIL, state: "failed", ms: 12 },
      statements: [
        { sql: EVIL, line: 3, begins: 0, ms: 10 },
        { sql: EVIL, line: 4, begins: 10, ms: 2, failure: { words: EVIL, next: EVIL } },
      ],
      changes: [{ table: EVIL, inserted: 1, updated: 2, deleted: 3, line: 3 }],
    },
    { tag: "later", file: EVIL, state: "not reached", ms: 0, statements: [], changes: [] },
  ],
  locks: [{ table: EVIL, mode: "AccessExclusiveLock", blocks: "reads and writes", at, begins: 0, ms: 12, isOld: true }],
  rewrites: [{ table: EVIL, index: undefined, at, ms: 10, rows: 1234567, bytes: 4096 }],
  tables: [{ table: EVIL, isView: false, rowsBefore: 1234567, rowsAfter: 3, state: "old", bytesBefore: 4096 }],
  checks: [{ file: EVIL, line: 1, sql: EVIL, rows: 1, shown: [{ [EVIL]: EVIL }], before: undefined }],
  unfilled: [{ table: EVIL, rows: 0, why: EVIL }],
  findings: [{ level: "error", rule: "check", message: EVIL, help: EVIL, detail: EVIL, file: EVIL, line: 1 }],
  ms: 12,
  size: { before: 8192, after: undefined },
};

describe("reportPage()", () => {
  const page = reportPage(rehearsal);

  it("lets nothing of what it shows be markup, or turn the direction of writing", () => {
    expect(
      page.split("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;\\u202e\\u001b[2J").length,
    ).toBeGreaterThan(20);
    expect(page).not.toMatch(/<img|onerror="|\u202e|(?!\n)\p{Cc}/u);
  });

  it("needs nothing from elsewhere, and runs nothing", () => {
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<script|<link|@import|url\((?!#)/);
  });

  it("draws statements and locks to the scale of the time", () => {
    const rects = [...page.matchAll(/<rect class="(\w+)" x="([\d.]+)"[^>]* width="([\d.]+)"/g)].map(
      ([, name, x, width]) => [name, Number(x), Number(width)],
    );
    const whole = rects.find(([name]) => name === "all") as [string, number, number];
    const of = (name: string): unknown => rects.find((rect) => rect[0] === name)?.slice(1);
    expect(of("bar")).toEqual([whole[1], expect.closeTo((whole[2] * 10) / 12, 1)]);
    expect(of("failed")).toEqual([
      expect.closeTo(whole[1] + (whole[2] * 10) / 12, 1),
      expect.closeTo((whole[2] * 2) / 12, 1),
    ]);
    expect(of("rewrite")).toEqual(of("bar"));
  });

  it("says so where there is nothing to show", () => {
    const empty = {
      ...rehearsal,
      migrations: [],
      locks: [],
      rewrites: [],
      tables: [],
      checks: [],
      unfilled: [],
      findings: [],
      ms: 0,
    };
    expect(reportPage(empty)).toContain("Nothing was found.");
    expect(reportPage(empty)).not.toMatch(/NaN|Infinity|undefined/);
  });
});
