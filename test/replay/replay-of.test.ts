import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSameBody } from "../../src/proof/says-the-same.ts";
import { type Origin, type Replay, replayOf } from "../../src/replay/replay-of.ts";
import { PATIENCE, runs } from "../support/cases.ts";

const NAMES: Origin = {
  origin: "it_o",
  own: new Set(["users", "users_id_seq", "f", "similarity"]),
  members: new Map([
    ["citext", "citext"],
    ["similarity", "pg_trgm"],
    ["crosstab", "tablefunc"],
    ["=", "citext"],
  ]),
  owner: "me",
  order: new Map(),
};

const routine = (body: string, language = "plpgsql"): string =>
  `CREATE FUNCTION "it_o"."f"() RETURNS "text" LANGUAGE "${language}" AS $_$${body}$_$`;
const made = (dump: string): Replay => {
  const replay = replayOf(dump, NAMES);
  if ("doubt" in replay) throw new Error(replay.doubt);
  return replay;
};
const doubtOf = (dump: string): string | undefined => {
  const replay = replayOf(dump, NAMES);
  return "doubt" in replay ? replay.doubt : undefined;
};
/** The one statement that is left of one. */
const replayed = (statement: string): string =>
  made(statement).sql.split(";\n").slice(2).join(";\n").replace(/;\n$/, "");

describe("replayOf", () => {
  it.each([
    ["select public.f(), 'a'::public.citext", "select it_o.f(), 'a'::public.citext"],
    ['select "public".users.id from PUBLIC.users', 'select "it_o".users.id from it_o.users'],
    ["select a operator(public.=) b", "select a operator(public.=) b"],
    ["select x.public, (y).public -- public.users", "select x.public, (y).public -- public.users"],
    ["set local search_path to public, pg_temp;", "set local search_path to it_o, public, pg_temp;"],
    [
      "perform set_config('search_path', 'a, public', true)",
      "perform set_config('search_path', 'a, it_o, public', true)",
    ],
    ["select * from public.gone", "select * from it_o.gone"],
  ])("takes %s for %s", (before, after) => {
    expect(replayed(routine(before))).toBe(routine(after));
    expect(made(routine(before)).boundFunctions).toBe(
      before === after ? "" : routine(after).replace("CREATE ", "CREATE OR REPLACE "),
    );
  });

  it.each([
    ["select public.similarity(a, b)", /which the project and an extension have/],
    ["select public.id from users as public", /calls something public/],
    ["perform dblink_exec('x', 'y')", /opens sessions of its own by dblink_exec/],
    ["select md5(pg_get_functiondef(1))", /reads definitions as text/],
    ["select count(*) from pg_class", /reads the catalog by pg_class/],
    ["execute x; v := 'pub' || 'lic'", /looks names up, and says public/],
    ["execute chr(1)", /builds text by chr\(\)/],
    ["perform * from crosstab('select * from public.users')", /says "select \* from public\.users" to crosstab\(\)/],
  ])("doubts %s", (body, reason) => {
    expect(doubtOf(routine(body))).toMatch(reason);
  });

  it("doubts only what it can't read of other languages", () => {
    expect(doubtOf(routine("plpy.execute('public.users')", "plpython3u"))).toMatch(/in the language plpython3u/);
    expect(doubtOf(routine("return 1", "plpython3u"))).toBeUndefined();
    expect(doubtOf(routine("public", "c"))).toBeUndefined();
  });

  it.each([
    ["the schema", 'CREATE SCHEMA "it_o"', ""],
    ["who owns it", 'ALTER SCHEMA "it_o" OWNER TO "pg_database_owner"', ""],
    ["the comment that public is born with", "COMMENT ON SCHEMA \"it_o\" IS 'standard public schema'", ""],
    ["another comment", "COMMENT ON SCHEMA \"it_o\" IS 'public'", "COMMENT ON SCHEMA \"it_o\" IS 'public'"],
    ["settings", "SET statement_timeout = 0", ""],
    ["set_config()", "SELECT pg_catalog.set_config('search_path', '', false)", ""],
    ["default_tablespace", "SET default_tablespace = ''", "SET LOCAL default_tablespace = ''"],
    ["who makes the unit as owner", 'ALTER TABLE "it_o"."users" OWNER TO "me"', ""],
    ["another owner", 'ALTER TABLE "it_o"."users" OWNER TO "ME"', 'ALTER TABLE "it_o"."users" OWNER TO "ME"'],
    ["a version of a column", 'ALTER TABLE "it_o"."users" ALTER COLUMN "a" SET (pg_attver=3)', ""],
    [
      "a version among options",
      'ALTER TABLE "it_o"."users" ALTER COLUMN "a" SET (pg_attver=3, n_distinct=5)',
      'ALTER TABLE "it_o"."users" ALTER COLUMN "a" SET (n_distinct=5)',
    ],
    [
      "a negative zero",
      'INSERT INTO "it_o"."users" VALUES (-0, -1, 0)',
      'INSERT INTO "it_o"."users" VALUES (\'-0\', -1, 0)',
    ],
  ])("makes fit for a transaction: %s", (_, before, after) => {
    expect(replayed(before)).toBe(after);
  });

  it("gives everybody the way in, and the way to extensions", () => {
    expect(made("").sql).toBe("set local search_path to it_o, public;\ngrant usage on schema it_o to public;\n");
  });

  it("keeps rows apart, table by table", () => {
    const row = (table: string, value: string): string => `INSERT INTO "it_o"."${table}" VALUES ('${value}')`;
    expect(made([row("a", "public"), row("b", "x; y"), row("a", "2")].join(";\n")).seeds).toEqual([
      { table: "a", sql: `${row("a", "public")};\n${row("a", "2")}` },
      { table: "b", sql: row("b", "x; y") },
    ]);
  });

  const pieces = `public "public" . ( ) , ; :: = 'public' 'x' "it_o"."users" "it_o" $$ $q$ execute as language "plpgsql" "sql" set search_path to
    CREATE FUNCTION TABLE VIEW -- /* */ E' U&" ' " begin atomic end case pg_class current_schema() || chr(1) set_config( 'search_path' nextval(`;
  const soup = fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces.split(/\s+/)) }, fc.string({ maxLength: 3 })))
    .map((all) => all.join(" "));

  it("changes nothing that does not say public, and fails on nothing", { timeout: PATIENCE }, () => {
    fc.assert(
      fc.property(soup, (text) => {
        const replay = replayOf(text, NAMES);
        if ("doubt" in replay) return;
        expect(replay.sql).toContain("set local search_path");
        if (!/public/i.test(text)) expect(replay.boundFunctions).toBe("");
      }),
      runs("replay: any text"),
    );
  });

  it("makes of a body what the proof takes for the same", { timeout: PATIENCE }, () => {
    fc.assert(
      fc.property(soup, (text) => {
        // a home chooses a name that nothing says
        fc.pre(!text.includes("$_$") && !text.includes("it_o"));
        const replay = replayOf(routine(text), NAMES);
        if ("doubt" in replay || !replay.boundFunctions) return;
        const made = /\$_\$(.*)\$_\$/s.exec(replay.sql)?.[1] ?? "";
        expect(isSameBody(text, made, NAMES)).toBe(true);
      }),
      runs("replay: bodies under two names"),
    );
  });
});
