import { describe, expect, it } from "vitest";
import { suggestIndex } from "../../src/plans/suggest-index.ts";

describe("suggestIndex()", () => {
  it.each<[what: string, conditions: string[], keys: string | undefined]>([
    ["a column that is compared", ["(t.a = $1)"], "a"],
    ["a column on the other side", ["($1 = t.a)"], "a"],
    ["a column of another table on the other side", ["(t.a = u.b)"], "a"],
    ["equality before a range, and of ranges one", ["((t.a > 1) AND (t.b = 2) AND (t.c < 3))"], "b, a"],
    ["columns of several conditions, each once", ["(t.a = 1)", "((t.a = u.x) AND (t.b = u.y))"], "a, b"],
    ["one of a list", ["(t.a = ANY ($1))"], "a"],
    ["NULL", ["(t.a IS NULL)"], "a"],
    ["a varchar, which is compared as text", ["((t.a)::text = $1)"], "a"],
    ["an expression, with parentheses of its own", ["(lower(t.a) = $1)"], "(lower(a))"],
    ["an expression of several parts", ["(EXTRACT(year FROM t.a) = 1)"], "(EXTRACT(year FROM a))"],
    ["a name in quotes", ['(t."ownerId" = $1)'], '"ownerId"'],
    ["no pattern", ["(t.a ~~ $1)"], undefined],
    ["no negation", ["(t.a IS NOT NULL)"], undefined],
    ["no OR", ["((t.a = 1) OR (t.b = 2))"], undefined],
    ["no truth value", ["t.a"], undefined],
    ["no two columns of one table", ["(t.a = t.b)"], undefined],
    ["nothing of another table", ["(u.a = 1)"], undefined],
    ["nothing without a condition", [], undefined],
  ])("names %s", (_, conditions, keys) => {
    expect(suggestIndex("t", conditions)).toBe(keys);
  });
});
