import { describe, expect, it } from "vitest";
import { copyFromStdin } from "../../src/migrations/copy-from-stdin.ts";

describe("copyFromStdin", () => {
  it.each([
    "copy c from stdin",
    "COPY public.c (a, b) FROM STDIN WITH (FORMAT csv)",
    'copy "from" ("copy", "from") from stdin',
    "copy binary c from stdin",
    "copy c from stdout",
    "copy c (a) from stdin where a > 0",
    "copy stdin from stdin csv header",
    "select 1; -- first\n  copy /* all */ c from\n stdin;",
  ])("finds the statement in %j", (sql) => {
    expect(copyFromStdin(sql)?.toLowerCase().replace(/\s+/g, " ")).toMatch(/^copy .*from std(in|out)/);
  });

  it.each([
    "copy c to stdout",
    "copy c from '/tmp/stdin'",
    "copy c from program 'cat stdin'",
    "copy stdin from '/tmp/c'",
    "copy (select * from stdin) to '/tmp/c'",
    "copy (select * from stdout) to stdout",
    "copy c to stdin",
    'select 1 as copy from "stdin"',
    "insert into c values ('copy c from stdin')",
    "-- copy c from stdin\nselect 1",
    'create table "copy" ("from" text, stdin text)',
    "do $$ begin raise notice 'copy c from stdin'; end $$",
  ])("finds none in %j", (sql) => {
    expect(copyFromStdin(sql)).toBeUndefined();
  });
});
