import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenize } from "../../src/sql/lexer.ts";
import { splitStatements } from "../../src/sql/statements.ts";
import { PATIENCE, runs } from "../support/cases.ts";

const split = (sql: string): string[] =>
  splitStatements(tokenize(sql)).map(({ tokens }) => tokens.map(({ text }) => text).join(""));

const ATOMIC = "create function f() returns int begin atomic select 1; select case when true then 2 else 3 end; end";

describe("splitStatements", () => {
  it.each<[what: string, sql: string, statements: string[]]>([
    ["plain statements", "select 1; select 2", ["select 1", "select 2"]],
    ["a semicolon in a string", "select ';'; select E'\\';'", ["select ';'", "select E'\\';'"]],
    ["a semicolon in an identifier", 'select ";"; select 2', ['select ";"', "select 2"]],
    ["a semicolon in dollars", "do $$ a; b $$; x", ["do $$ a; b $$", "x"]],
    ["a semicolon in comments", "a /* ; /* ; */ */ b -- ;\n; c", ["a /* ; /* ; */ */ b -- ;\n", "c"]],
    ["leading comments", "-- a\n/* b */ select 1;", ["select 1"]],
    ["nothing but space and comments", " ;; -- a\n; /* b */", []],
    ["BEGIN ATOMIC with CASE", `${ATOMIC}; select 4`, [ATOMIC, "select 4"]],
    ["two BEGIN ATOMIC in a row", `${ATOMIC};${ATOMIC};`, [ATOMIC, ATOMIC]],
    [
      "nested CASE",
      "begin atomic select case a when 1 then case b when 2 then 3 end end; end; select 1",
      ["begin atomic select case a when 1 then case b when 2 then 3 end end; end", "select 1"],
    ],
    [
      "names that look like keywords",
      'BEGIN ATOMIC SELECT 1 AS "case", "end"."atomic"; END; x',
      ['BEGIN ATOMIC SELECT 1 AS "case", "end"."atomic"; END', "x"],
    ],
    [
      "comments between BEGIN and ATOMIC",
      "begin /* ; */ atomic select 1; end; x",
      ["begin /* ; */ atomic select 1; end", "x"],
    ],
    [
      "a rule of two actions",
      "create rule r as on insert to v do ( insert into a; insert into b; ); x",
      ["create rule r as on insert to v do ( insert into a; insert into b; )", "x"],
    ],
    [
      "quoted names that would end the body",
      'begin atomic select "end" from t; select "end" from t; end; x',
      ['begin atomic select "end" from t; select "end" from t; end', "x"],
    ],
    ["a parenthesis too many", "a ) b; c", ["a ) b", "c"]],
    [
      "parentheses in literals and comments",
      "a '(' \"(\" $$($$ /*(*/ --(\n; b",
      ["a '(' \"(\" $$($$ /*(*/ --(\n", "b"],
    ],
    ["BEGIN alone", "begin; select 1; end;", ["begin", "select 1", "end"]],
    ["CASE … END outside of a body", "select case when a then b end; c", ["select case when a then b end", "c"]],
  ])("reads %s", (_, sql, expected) => {
    expect(split(sql)).toEqual(expected);
  });

  it("tells the identifiers and keywords of a statement, folded where they are not quoted", () => {
    expect(splitStatements(tokenize(`ALTER TABLE "Public".Users -- x\n ADD 'y' $$z$$ 1 <> t`))[0]?.words).toEqual(
      "alter table Public users add t".split(" "),
    );
  });

  it("does not carry a body that never ends into the next call", () => {
    expect(split("begin atomic select 1; select 2")).toEqual(["begin atomic select 1; select 2"]);
    expect(split("select 1; select 2")).toEqual(["select 1", "select 2"]);
  });

  it(
    "keeps every token that is no separator and no space",
    () => {
      const parts = ["a", ";", "begin atomic", "case", "end", "';'", "$$;$$", "--;\n", "/*;*/", " ", '";"'];
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 30 }), (some) => {
          const sql = some.join(" ");
          const solid = (tokens: readonly { kind: string; text: string }[]): string[] =>
            tokens.filter(({ kind, text }) => kind !== "space" && text !== ";").map(({ text }) => text);
          expect(splitStatements(tokenize(sql)).flatMap(({ tokens }) => solid(tokens))).toEqual(solid(tokenize(sql)));
        }),
        runs("statements: no token is lost"),
      );
    },
    PATIENCE,
  );
});
