import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { annotationsOf, isInActions } from "../../src/findings/annotations.ts";

describe("annotationsOf()", () => {
  it("counts paths from the checkout's root, and escapes what a workflow command would end at", () => {
    const file = join("drizzle", "0001_a,b.sql");
    const finding = {
      level: "error",
      rule: "ban-drop-column",
      message: "100%\nlost",
      help: "none",
      file,
      line: 3,
    } as const;
    const root = join(process.cwd(), "..");
    const folder = process.cwd().split(/[\\/]/).at(-1);
    expect(annotationsOf([{ ...finding, column: 5 }], root)).toEqual([
      `::error file=${folder}/drizzle/0001_a%2Cb.sql,line=3,col=5,title=ban-drop-column::100%25%0Alost%0Ahelp: none`,
    ]);
  });

  it("has none but a title where there is no file", () => {
    const finding = { level: "warning", rule: "schema-differs", message: "m", detail: "select 1;" } as const;
    expect(annotationsOf([finding])).toEqual(["::warning title=schema-differs::m%0Aselect 1;"]);
  });
});

describe("isInActions()", () => {
  it("goes by the variable that GitHub sets", () => {
    expect([isInActions({ GITHUB_ACTIONS: "true" }), isInActions({})]).toEqual([true, false]);
  });
});
