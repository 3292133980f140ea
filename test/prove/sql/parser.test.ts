import { describe, expect, it } from "vitest";
import { loadParser } from "../../../src/prove/sql/parser.ts";
import { put } from "../../../src/prove/sql/syntax-tree.ts";

const parser = await loadParser();

describe("the parser", () => {
  it("leaves alone what is printed as something else than it was", () => {
    expect(parser.parse("select id from posts order by views fetch first 2 rows with ties")).toEqual({
      why: "pgsql-deparser prints something else than what was parsed",
    });
    expect(parser.parse("select (array[1, 2])[1:2]")).toEqual({ why: expect.stringContaining("fails on it") });
  });

  it("leaves alone what is no statement, or several", () => {
    expect(parser.parse("select from where")).toEqual({ why: expect.stringContaining("syntax error") });
    expect(parser.parse("select 1; select 2")).toEqual({ why: "it is not one statement" });
    expect(parser.parse("")).toEqual({ why: expect.stringContaining("fails on it") });
  });

  it("prints no tree as something else than it says", () => {
    const parsed = parser.parse("select id from posts where views = 1");
    if ("why" in parsed) throw new Error(parsed.why);
    expect(parser.print(parsed.tree)).toBe("SELECT id FROM posts WHERE views = 1");
    const broken = put(parsed.tree, ["SelectStmt", "limitOption"], "LIMIT_OPTION_WITH_TIES");
    expect(parser.print(broken)).toBeUndefined();
    expect(parser.print({ SelectStmt: { targetList: [{ Unknown: {} }] } } as never)).toBeUndefined();
  });
});
