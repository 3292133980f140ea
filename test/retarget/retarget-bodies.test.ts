import { describe, expect, it } from "vitest";
import { retarget } from "../../src/retarget/retarget.ts";
import type { Retargeting } from "../../src/retarget/retargeting.ts";

const into: Retargeting = {
  from: "public",
  to: "it_x",
  own: new Set(["users", "t", "f", "mood", "my table", "été"]),
  members: new Map([
    ["citext", "ext"],
    ["unaccent", "ext"],
    ["@>", "int_ops"],
    ["vector", "Vec Tor"],
  ]),
  owner: "me",
};

const routine = (body: string, language: string, header = ""): string =>
  `CREATE FUNCTION "it_x"."f"() RETURNS integer\n    LANGUAGE "${language}"${header}\n    AS ${body};\n`;
const source = (body: string, language: string, header = ""): string =>
  routine(body, language, header).replace('"it_x"."f"', '"public"."f"');
/** What becomes of a body, in both languages that are read as tokens. */
function expectBody(body: string, expected: string, languages: readonly string[] = ["plpgsql", "sql"]): void {
  for (const language of languages) {
    expect(retarget(source(`$_$${body}$_$`, language), into)).toBe(routine(`$_$${expected}$_$`, language));
  }
}
type Row = [what: string, body: string, expected: string];
const same = (what: string, body: string): Row => [what, body, body];

describe("code in a body", () => {
  it.each<Row>([
    ["a table", "select * from public.users", 'select * from "it_x".users'],
    ["in capitals", 'SELECT * FROM PUBLIC.Users, "public"."users"', 'SELECT * FROM "it_x".Users, "it_x"."users"'],
    ["a member of an extension", "x public.citext := public.unaccent(y)", 'x "ext".citext := "ext".unaccent(y)'],
    ["an operator", "a operator(public.@>) b", 'a operator("int_ops".@>) b'],
    ["what is there no more, so that it is missed", "select public.gone()", 'select "it_x".gone()'],
    ["a schema's name", "grant usage on schema public to public", 'grant usage on schema "it_x" to public'],
    ["a schema that is dropped", "drop schema if exists public cascade", 'drop schema if exists "it_x" cascade'],
    ["a schema that is made", "create schema if not exists public", 'create schema if not exists "it_x"'],
    ["a variable called schema", "schema public.citext;", 'schema "ext".citext;'],
    ["a comment", '-- public.users\n/* public.gone, "public"."t" */', '-- it_x.users\n/* it_x.gone, it_x."t" */'],
    same("a column or variable called public", "select public, t.public, public as x from t public where public = 1"),
    same(
      "a name of another schema's",
      "select audit.public.users, mypublic.users, public_x.users from $1.public.users",
    ),
  ])("%s", (_, body, expected) => expectBody(body, expected));
});

describe("a literal in a body", () => {
  it.each<Row>([
    ["a query", "execute 'select * from public.t'", "execute 'select * from it_x.t'"],
    ["a query with a member", "execute 'select public.CITEXT(x)'", "execute 'select ext.CITEXT(x)'"],
    ["a member's schema with a blank", "execute 'x public.vector'", "execute 'x \"Vec Tor\".vector'"],
    ["a name with a blank", `execute 'select * from "public"."my table"'`, `execute 'select * from it_x."my table"'`],
    ["a name that is not ASCII", "execute 'table public.été'", "execute 'table it_x.été'"],
    ["a literal in a query", "execute 'select ''public.t''::regclass'", "execute 'select ''it_x.t''::regclass'"],
    ["an escape string", "execute E'select \\'x\\' from public.t'", "execute E'select \\'x\\' from it_x.t'"],
    ["format with a name", "format('select public.%I', x)", "format('select it_x.%I', x)"],
    ["format with a numbered name", "format('select public.%1$I', x)", "format('select it_x.%1$I', x)"],
    [
      "a query in pieces",
      "execute 'alter table public.' || quote_ident(x)",
      "execute 'alter table it_x.' || quote_ident(x)",
    ],
    ["a query in quoted pieces", `'select public."' || x || '"'`, `'select it_x."' || x || '"'`],
    ["pieces of concat", "concat('select public.', x)", "concat('select it_x.', x)"],
    ["a prefix", "replace(x, 'public.', '')", "replace(x, 'it_x.', '')"],
    ["dollars", "execute $q$ select public.gone() $q$", 'execute $q$ select "it_x".gone() $q$'],
    [
      "dollars in dollars",
      "execute $q$ do $r$ begin perform 'public.t'; end $r$ $q$",
      "execute $q$ do $r$ begin perform 'it_x.t'; end $r$ $q$",
    ],
    [
      "half a query in dollars",
      "$q$select 'x$q$ || y || $q$' from public.t$q$",
      "$q$select 'x$q$ || y || $q$' from it_x.t$q$",
    ],
    ["a regclass", "perform 'public.gone'::regclass", "perform '\"it_x\".gone'::regclass"],
    ["a regnamespace", "perform 'public'::regnamespace", "perform 'it_x'::regnamespace"],
    [
      "a schema in a query",
      "execute 'drop schema if exists public cascade'",
      "execute 'drop schema if exists it_x cascade'",
    ],
    ["a search path in a query", "execute 'set local search_path = public'", "execute 'set local search_path = it_x'"],
    ["a comparison in a query", "execute 'where table_schema = ''public'''", "execute 'where table_schema = ''it_x'''"],
    same("a word", "if visibility = 'public' then return 'public'; end if; x := array['public','private']"),
    same("a sentence", "raise notice 'This is not public. Really, % is not public.', x"),
    same("a sentence at its end", "raise notice 'it is public.'"),
    same("a sentence with an apostrophe in dollars", "raise notice $$don't make it public. Or don't$$"),
    same("a URL", "x := 'https://public.example.com/public.html?to=me@public.users'"),
    same("a URL whose host begins like a table", "x := 'https://public.users.example.com'"),
    same("an unknown name with a dot", "x := 'public.example'"),
    same("a longer name", "x := 'republic.t my.public.t public_t $public.t'"),
  ])("%s", (_, body, expected) => expectBody(body, expected));

  it.each<Row>([
    ["=", "where n.nspname = 'public'", "where n.nspname = 'it_x'"],
    ["<>", "where table_schema <> 'public'", "where table_schema <> 'it_x'"],
    ["IN", "where schemaname in ('pg_catalog', 'public')", "where schemaname in ('pg_catalog', 'it_x')"],
    ["ANY", "where nspname = any(array['public'])", "where nspname = any(array['it_x'])"],
    ["a cast", "where nspname::text = 'public'", "where nspname::text = 'it_x'"],
    ["a trigger's variable", "if TG_TABLE_SCHEMA = 'public' then", "if TG_TABLE_SCHEMA = 'it_x' then"],
    same("a column beside it", "select table_schema, 'public' as visibility"),
    same("another column after it", "where table_schema = x and kind = 'public'"),
    same("a value beside it", "insert into t (nspname, kind) values (x, 'public')"),
  ])("compared with a schema's name by %s", (_, body, expected) => expectBody(body, expected));
});

describe("a search path", () => {
  const header = (path: string): string => `\n    SET "search_path" TO ${path}`;
  it.each<[what: string, path: string, body: string, expectedPath: string, expectedBody: string]>([
    ["becomes the unit", "'public', 'pg_temp'", "select 1", "'it_x', 'pg_temp'", "select 1"],
    ["keeps its order", "'pg_catalog', 'public'", "select 1", "'pg_catalog', 'it_x'", "select 1"],
    [
      "leads to extensions that the body needs",
      "'public', 'x'",
      "select citext('a')",
      "'it_x', 'ext', 'x'",
      "select citext('a')",
    ],
    [
      "finds them in nested literals",
      "'public'",
      "execute $q$a @> b, 'unaccent'$q$",
      "'it_x', 'ext', 'int_ops'",
      "execute $q$a @> b, 'unaccent'$q$",
    ],
    ["is empty, and stays so", "''", "select citext('a')", "''", "select citext('a')"],
    ["without the schema stays", "'audit'", "select citext('a')", "'audit'", "select citext('a')"],
  ])("in a header %s", (_, path, body, expectedPath, expectedBody) => {
    expect(retarget(source(`$_$${body}$_$`, "plpgsql", header(path)), into)).toBe(
      routine(`$_$${expectedBody}$_$`, "plpgsql", header(expectedPath)),
    );
  });

  it.each<Row>([
    ["SET LOCAL", "set local search_path to public, pg_temp;", 'set local search_path to "it_x", pg_temp;'],
    ["SET with =", "SET search_path = audit, 'public'; x", "SET search_path = audit, 'it_x'; x"],
    [
      "with members",
      "set search_path = public; perform unaccent(x);",
      'set search_path = "it_x", "ext"; perform unaccent(x);',
    ],
    same("a column of that name", "update t set x = 1 where search_path = public"),
  ])("in a body: %s", (_, body, expected) => expectBody(body, expected));
});

describe("other bodies", () => {
  it("as a string are read without the doubling of its quotes", () => {
    const body =
      "'select ''public.t'', ''it''''s'' from public.t where nspname = ''public'' or visibility = ''public'''";
    const expected =
      "'select ''it_x.t'', ''it''''s'' from \"it_x\".t where nspname = ''it_x'' or visibility = ''public'''";
    expect(retarget(source(body, "sql"), into)).toBe(routine(expected, "sql"));
  });

  it("in other languages are text, where every mention is the schema", () => {
    const body =
      'plpy.execute("select * from public.t, public.gone, public." + x) # public\n"https://public.example.com"; "not public."';
    const expected = body
      .replace("public.t", "it_x.t")
      .replace("public.gone", "it_x.gone")
      .replace('public." +', 'it_x." +');
    expect(retarget(source(`$_$${body}$_$`, "plpython3u"), into)).toBe(
      routine(`$_$${expected.replace('not public."', 'not it_x."')}$_$`, "plpython3u"),
    );
  });

  it("of C functions are a file and a symbol", () => {
    const body = "'public.users', 'public.f'";
    expect(retarget(source(body, "c"), into)).toBe(routine(body, "c"));
  });

  it("in BEGIN ATOMIC are deparsed like a view", () => {
    const atomic = (schema: string): string =>
      `CREATE FUNCTION "${schema}"."f"() RETURNS integer\n    LANGUAGE "sql"\n    BEGIN ATOMIC\n SELECT CASE WHEN ("a" = 'public.t'::"text") THEN 1 ELSE 2 END AS "case"\n    FROM "${schema}"."t" "public";\n SELECT '"${schema}"."t"'::"regclass";\nEND;\n`;
    expect(retarget(atomic("public"), into)).toBe(atomic("it_x"));
  });

  it("leave the header's defaults and types to the rules of dumps", () => {
    const create = (schema: string, type: string): string =>
      `CREATE PROCEDURE "${schema}"."f"(IN "a" "text" DEFAULT 'public.t'::"text", IN "public" "${type}"."citext")\n    LANGUAGE "plpgsql"\n    AS $$ begin end $$;\n`;
    expect(retarget(create("public", "public"), into)).toBe(create("it_x", "ext"));
  });
});
