import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isControl } from "../../src/queries/is-control.ts";
import { shapeOf } from "../../src/queries/shape.ts";
import { literal } from "../../src/sql/identifiers.ts";
import { PATIENCE, runs } from "../support/cases.ts";

describe("shapeOf()", () => {
  it.each<[what: string, one: string, other: string]>([
    ["parameters", "select $1, $2", "select $3, $1"],
    ["literals of each kind", "select 'a', 1, $$b$$, E'\\n'", "select 'it''s', 2.5e3, $x$c$x$, $1"],
    ["white space, comments and case", "SELECT  a\n FROM t -- here", "select /* by who */ a from t"],
    ["the length of a list", "select a from t where b in ($1)", "select a from t where b in ($1,$2, $3)"],
    ["the length of a list of casts", "where b in ($1::int)", "where b in ($1::int, $2::int)"],
    ["the length of an array", "select array[$1, 2]", "select array[1]"],
    [
      "the number of rows",
      "insert into t (a) values ($1, $2)",
      "insert into t (a) values ($1, $2), ($3, $4), ($5, $6)",
    ],
  ])("is the same whatever %s", (_, one, other) => {
    expect(shapeOf(one)).toBe(shapeOf(other));
  });

  it.each<[what: string, one: string, other: string]>([
    ["another column", "select a from t", "select b from t"],
    ["another column in quotes, by its case", 'select "A" from t', 'select "a" from t'],
    ["another condition", "select a from t where b = $1", "select a from t where b > $1"],
    ["a longer list of arguments", "select f($1)", "select f($1, $2)"],
    ["another width of rows", "insert into t values ($1)", "insert into t values ($1, $2)"],
    ["what only looks like a list in a name", 'select "in ($1, $2)"', 'select "in ($1)"'],
  ])("tells apart %s", (_, one, other) => {
    expect(shapeOf(one)).not.toBe(shapeOf(other));
  });

  it(
    "is the same for any two values",
    () => {
      const value = fc.oneof(
        fc
          .string({ unit: "grapheme" })
          .filter((text) => !text.includes("\0"))
          .map((text) => literal(text).trim()),
        fc.nat().map(String),
      );
      fc.assert(
        fc.property(value, value, (one, other) => {
          const query = (text: string): string => `select "a" from "t" where "b" = ${text} limit ${text}`;
          expect(shapeOf(query(one))).toBe(shapeOf(query(other)));
        }),
        runs("shapes: any two values"),
      );
    },
    PATIENCE,
  );
});

describe("isControl()", () => {
  it.each([
    ...["begin", "BEGIN isolation level serializable", "start transaction read only", "commit", "end", "rollback"],
    ...[
      "rollback to savepoint a; release savepoint a",
      'savepoint "s"',
      "release a",
      "abort",
      "prepare transaction 'x'",
    ],
    ...["", ";", " -- nothing", "/* begin */ commit and chain"],
  ])("is so for %j", (text) => {
    expect(isControl(text)).toBe(true);
  });

  it.each([
    ...["select 1", "begin; select 1", "commit; truncate t", "prepare a as select 1", "-- begin\nselect 1"],
    ...["set constraints all immediate", "lock table t", "beginning", "with a as (select 1) select 2"],
  ])("is not so for %j", (text) => {
    expect(isControl(text)).toBe(false);
  });
});
