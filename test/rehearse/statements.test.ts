import { describe, expect, it } from "vitest";
import { refusalOf, statementsOf } from "../../src/rehearse/statements.ts";

const located = (text: string): unknown =>
  statementsOf({ text, statements: text.split("--> statement-breakpoint") }).map(({ sql, line }) => [line, sql]);

describe("statementsOf()", () => {
  it("takes pieces apart, and counts lines in the file", () => {
    expect(
      located(
        "select 1; select 1;\n--> statement-breakpoint\n\nselect 1;\n-- why\n\n/* a\nb */ select ';'\n--> statement-breakpoint\n",
      ),
    ).toEqual([
      [1, "select 1"],
      [1, "select 1"],
      [4, "select 1"],
      [8, "select ';'"],
    ]);
  });

  it("takes no comment before a statement for the statement", () =>
    expect(located("-- select 1;\nselect 1;")).toEqual([[2, "select 1"]]));

  it("leaves bodies whole, and nothing where there are only comments", () => {
    const body = "do $$ begin perform 1; perform 2; end $$";
    expect(located(`${body};\n\n-- nothing`)).toEqual([[1, body]]);
  });
});

describe("refusalOf()", () => {
  it.each([
    "commit",
    "-- so\nCOMMIT",
    "begin",
    "end",
    "rollback",
    "start transaction",
    "abort",
    "prepare transaction 'x'",
    "copy t from stdin",
  ])("refuses what Drizzle's transaction does not survive: %s", (sql) =>
    expect(refusalOf(sql)?.words).toBeTypeOf("string"),
  );

  it.each([
    "savepoint a",
    "rollback to a",
    "rollback work to savepoint a",
    "prepare q as select 1",
    "create index concurrently i on t (a)",
    "do $$ begin commit; end $$",
  ])("leaves to Postgres what may run: %s", (sql) => expect(refusalOf(sql)).toBeUndefined());
});
