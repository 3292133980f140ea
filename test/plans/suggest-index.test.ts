import { describe, expect, it } from "vitest";
import { suggestIndexes } from "../../src/plans/suggest-index.ts";

describe("suggestIndexes()", () => {
  it.each<[what: string, conditions: string[], keys: string[]]>([
    ["a column that is compared", ["(t.a = $1)"], ["a"]],
    ["a column on the other side", ["($1 = t.a)"], ["a"]],
    ["a column of another table on the other side", ["(t.a = u.b)"], ["a"]],
    ["equality before a range, and of ranges one", ["((t.a > 1) AND (t.b = 2) AND (t.c < 3))"], ["b, a"]],
    ["columns of several conditions, each once", ["(t.a = 1)", "((t.a = u.x) AND (t.b = u.y))"], ["a, b"]],
    ["one of a list", ["(t.a = ANY ($1))"], ["a"]],
    ["NULL", ["(t.a IS NULL)"], ["a"]],
    ["a varchar, which is compared as text", ["((t.a)::text = $1)"], ["a", "((a)::text)"]],
    ["an expression, with parentheses of its own", ["(lower(t.a) = $1)"], ["(lower(a))"]],
    ["an expression of several parts", ["(EXTRACT(year FROM t.a) = 1)"], ["(EXTRACT(year FROM a))"]],
    ["a name in quotes", ['(t."ownerId" = $1)'], ['"ownerId"']],
    ["no pattern", ["(t.a ~~ $1)"], []],
    ["no negation", ["(t.a IS NOT NULL)"], []],
    ["no OR", ["((t.a = 1) OR (t.b = 2))"], []],
    ["no truth value", ["t.a"], []],
    ["no two columns of one table", ["(t.a = t.b)"], []],
    ["nothing of another table", ["(u.a = 1)"], []],
    ["nothing without a condition", [], []],
  ])("names %s", (_, conditions, keys) => {
    expect(suggestIndexes("t", conditions)).toEqual(keys);
  });

  it.each<[what: string, order: string[], keys: string[]]>([
    ["a column that is sorted by", ["t.a"], ["a"]],
    ["columns that are all sorted backwards", ["t.a DESC", "t.b DESC"], ["a, b"]],
    ["columns that are sorted in different ways", ["t.a DESC", "t.b"], ["a DESC, b"]],
    ["an order with NULLs in a place of their own", ["t.a DESC NULLS LAST"], ["a DESC NULLS LAST"]],
    ["an expression that is sorted by", ["(lower(t.a))"], ["(lower(a))"]],
    ["nothing of an order by two tables", ["t.a", "u.b"], []],
  ])("names %s", (_, order, keys) => {
    expect(suggestIndexes("t", [], order)).toEqual(keys);
    expect(suggestIndexes("t", ["t.a"], order)).toEqual([]);
  });
});
