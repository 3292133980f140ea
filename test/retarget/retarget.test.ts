import { describe, expect, it } from "vitest";
import { retarget, retargetDefinition } from "../../src/retarget/retarget.ts";
import type { Retargeting } from "../../src/retarget/retargeting.ts";

const into: Retargeting = {
  from: "public",
  to: "it_x",
  own: new Set([
    "users",
    "users_id_seq",
    "mood",
    "f",
    "g",
    "v",
    "p",
    "p1",
    "p_pkey",
    "public",
    "===",
    "my_ops",
    "My Table",
    "cfg",
  ]),
  members: new Map([
    ...["citext", "gin_trgm_ops", "similarity", "=", "@>", "unaccent"].map((name): [string, string] => [name, "ext"]),
    ["vector", "Vec Tor"],
  ]),
  owner: "me",
};

/** A dump's fragment, and what becomes of it; the end of the statement is added to both. */
type Row = [what: string, dump: string, expected: string];
const check = (_: string, dump: string, expected: string): void => {
  expect(retarget(`${dump};\n`, into)).toBe(expected === "" ? "" : `${expected};\n`);
};
const same = (what: string, dump: string): Row => [what, dump, dump];

describe("a reference", () => {
  it.each<Row>([
    ["to a table of the project's", 'CREATE TABLE "public"."users" ()', 'CREATE TABLE "it_x"."users" ()'],
    ["with a name that needs quotes", 'ALTER TABLE "public"."My Table" ADD x', 'ALTER TABLE "it_x"."My Table" ADD x'],
    ["to a type, as an array too", 'ADD "a" "public"."mood"[]', 'ADD "a" "it_x"."mood"[]'],
    ["to a type of an extension's", 'ADD "a" "public"."citext"[]', 'ADD "a" "ext"."citext"[]'],
    ["to an extension in a schema with a blank", 'ADD "a" "public"."vector"(3)', 'ADD "a" "Vec Tor"."vector"(3)'],
    ["to an operator of an extension's", '("a" OPERATOR("public".=) "b")', '("a" OPERATOR("ext".=) "b")'],
    ["to an operator of two signs", '("a" OPERATOR("public".@>) "b")', '("a" OPERATOR("ext".@>) "b")'],
    ["to an operator of the project's", '("a" OPERATOR("public".===) "b")', '("a" OPERATOR("it_x".===) "b")'],
    [
      "that makes an operator",
      'CREATE OPERATOR "public".=== (FUNCTION = "public"."f")',
      'CREATE OPERATOR "it_x".=== (FUNCTION = "it_x"."f")',
    ],
    [
      "to an operator class",
      'USING "gin" ("a" "public"."gin_trgm_ops", "b" "public"."my_ops")',
      'USING "gin" ("a" "ext"."gin_trgm_ops", "b" "it_x"."my_ops")',
    ],
    [
      "to functions",
      'CHECK (("public"."f"("a") > "public"."similarity"("a", "b")))',
      'CHECK (("it_x"."f"("a") > "ext"."similarity"("a", "b")))',
    ],
    ["to a column of a table", 'OWNED BY "public"."users"."id"', 'OWNED BY "it_x"."users"."id"'],
    ["across a comment and a line", '"public" /* x */ .\n "users"', '"it_x" /* x */ .\n "users"'],
    [
      "to a table that is called like the schema",
      'CREATE TABLE "public"."public" ()',
      'CREATE TABLE "it_x"."public" ()',
    ],
    same("to another schema", 'CREATE VIEW "audit"."users" AS SELECT 1'),
    same("to a table called like the schema in another one", 'ALTER TABLE "audit"."public"."users" ADD x'),
    same("to what nobody has", 'ADD "a" "public"."nobodys"'),
  ])("%s", check);

  it.each<Row>([
    same("a column", 'CREATE TABLE "a"."b" ("public" "text", "x" integer)'),
    same("an alias of a table", 'CREATE VIEW "a"."v" AS SELECT "public"."id" FROM "a"."b" "public"'),
    same("an alias of a column", 'CREATE VIEW "a"."v" AS SELECT 1 AS "public"'),
    same("a label of an enum", "CREATE TYPE \"a\".\"e\" AS ENUM (\n    'public',\n    'private'\n)"),
    same("everybody, in a grant", 'GRANT SELECT ON TABLE "a"."b" TO PUBLIC'),
    same("everybody, in a revocation", 'REVOKE ALL ON FUNCTION "a"."f"() FROM PUBLIC'),
    same("a default", '"a" "text" DEFAULT \'public\'::"text"'),
    same("a default with a dot", '"a" "text" DEFAULT \'public.users\'::"text"'),
    same("a check", 'CHECK (("a" = ANY (ARRAY[\'public\'::"text", \'public.users\'::"text"])))'),
    same(
      "data",
      "INSERT INTO \"a\".\"b\" VALUES\n\t(1, 'public', 'public.users'),\n\t(2, '\"public\".\"users\"', 'x''public.users')",
    ),
    same("data in a table called like a function", 'INSERT INTO "a"."nextval" VALUES\n\t(\'public.users\')'),
    same("a partition's bound", 'ALTER TABLE ONLY "a"."b" ATTACH PARTITION "a"."c" FOR VALUES IN (\'public\')'),
    same("a comment on an object", 'COMMENT ON TABLE "a"."b" IS \'see public.users; SET search_path = public\''),
    same(
      "an argument of a trigger",
      'CREATE TRIGGER "t" AFTER INSERT ON "a"."b" FOR EACH ROW EXECUTE FUNCTION "a"."f"(\'public\')',
    ),
  ])("is not what is only called public: %s", check);
});

describe("a literal that names an object", () => {
  it.each<Row>([
    [
      "nextval",
      `ALTER TABLE "a"."b" ALTER COLUMN "c" SET DEFAULT "nextval"('"public"."users_id_seq"'::"regclass")`,
      `ALTER TABLE "a"."b" ALTER COLUMN "c" SET DEFAULT "nextval"('"it_x"."users_id_seq"'::"regclass")`,
    ],
    [
      "nextval without quotes",
      "DEFAULT nextval('public.users_id_seq'::regclass)",
      `DEFAULT nextval('"it_x".users_id_seq'::regclass)`,
    ],
    [
      "setval",
      `SELECT pg_catalog.setval('"public"."users_id_seq"', 2, true)`,
      `SELECT pg_catalog.setval('"it_x"."users_id_seq"', 2, true)`,
    ],
    ["a regclass", `DEFAULT '"public"."users"'::"regclass"`, `DEFAULT '"it_x"."users"'::"regclass"`],
    [
      "a regclass of pg_catalog's",
      `DEFAULT 'public.users'::pg_catalog.regclass`,
      `DEFAULT '"it_x".users'::pg_catalog.regclass`,
    ],
    ["a CAST", `CAST('public.users' AS regclass)`, `CAST('"it_x".users' AS regclass)`],
    ["a typed literal", `regclass 'public.users'`, `regclass '"it_x".users'`],
    ["a regtype of an extension's", `DEFAULT '"public"."citext"'::"regtype"`, `DEFAULT '"ext"."citext"'::"regtype"`],
    [
      "a regprocedure",
      `DEFAULT '"public"."f"("public"."mood")'::"regprocedure"`,
      `DEFAULT '"it_x"."f"("it_x"."mood")'::"regprocedure"`,
    ],
    ["a regnamespace", `DEFAULT '"public"'::"regnamespace"`, `DEFAULT 'it_x'::"regnamespace"`],
    [
      "a regconfig",
      `"to_tsvector"('"public"."cfg"'::"regconfig", "a")`,
      `"to_tsvector"('"it_x"."cfg"'::"regconfig", "a")`,
    ],
    ["to_regclass", `"to_regclass"('public.users'::"text")`, `"to_regclass"('"it_x".users'::"text")`],
    same("one of another schema", `DEFAULT '"audit"."public"'::"regclass"`),
    same("one that is not qualified", `DEFAULT 'users'::"regclass"`),
  ])("%s", check);
});

describe("a statement about the schema itself", () => {
  it.each<Row>([
    ["that makes it", 'CREATE SCHEMA "public"', ""],
    ["that gives it to its owner", 'ALTER SCHEMA "public" OWNER TO "pg_database_owner"', ""],
    ["that comments on it", `COMMENT ON SCHEMA "public" IS 'public.x'`, `COMMENT ON SCHEMA "it_x" IS 'public.x'`],
    ["that grants on it", 'GRANT USAGE ON SCHEMA "public" TO "app"', 'GRANT USAGE ON SCHEMA "it_x" TO "app"'],
    ["that grants to everybody", 'GRANT ALL ON SCHEMA "public" TO PUBLIC', 'GRANT ALL ON SCHEMA "it_x" TO PUBLIC'],
    ["that revokes", "REVOKE ALL ON SCHEMA public FROM PUBLIC", 'REVOKE ALL ON SCHEMA "it_x" FROM PUBLIC'],
    [
      "that sets default privileges in it",
      'ALTER DEFAULT PRIVILEGES FOR ROLE "me" IN SCHEMA "public" GRANT SELECT ON TABLES  TO PUBLIC',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "me" IN SCHEMA "it_x" GRANT SELECT ON TABLES  TO PUBLIC',
    ],
    [
      "or a column called schema",
      'CREATE TABLE "a"."b" ("schema" "public"."citext")',
      'CREATE TABLE "a"."b" ("schema" "ext"."citext")',
    ],
  ])("%s", check);
});

describe("what a replay in one transaction does not need or cannot do", () => {
  it.each<Row>([
    ["a SET", "SET statement_timeout = 0", ""],
    ["a newer server's SET", "SET transaction_timeout = 0", ""],
    ["set_config", "SELECT pg_catalog.set_config('search_path', '', false)", ""],
    ["SET default_tablespace", "SET default_tablespace = ''", "SET LOCAL default_tablespace = ''"],
    [
      "SET default_table_access_method",
      'SET default_table_access_method = "heap"',
      'SET LOCAL default_table_access_method = "heap"',
    ],
    ["OWNER TO who makes the unit", 'ALTER TABLE "public"."users" OWNER TO "me"', ""],
    ["OWNER TO another", 'ALTER FUNCTION "public"."f"() OWNER TO "app"', 'ALTER FUNCTION "it_x"."f"() OWNER TO "app"'],
    [
      "OWNER TO one with the name in capitals",
      'ALTER TABLE "public"."users" OWNER TO "ME"',
      'ALTER TABLE "it_x"."users" OWNER TO "ME"',
    ],
    ["pg_attver alone", 'ALTER TABLE ONLY "public"."users" ALTER COLUMN "a" SET (pg_attver=3)', ""],
    [
      "pg_attver first",
      'ALTER TABLE "public"."users" ALTER COLUMN "a" SET (pg_attver=3, n_distinct=5)',
      'ALTER TABLE "it_x"."users" ALTER COLUMN "a" SET (n_distinct=5)',
    ],
    [
      "pg_attver last",
      'ALTER TABLE "public"."users" ALTER COLUMN "a" SET (n_distinct=5, "pg_attver"=\'3\')',
      'ALTER TABLE "it_x"."users" ALTER COLUMN "a" SET (n_distinct=5)',
    ],
    [
      "a comment before a statement",
      '--\n-- Name: public; Schema: public\n--\n\nCREATE TABLE "public"."users" ()',
      'CREATE TABLE "it_x"."users" ()',
    ],
  ])("%s", check);

  it("is nothing of an empty dump", () => {
    expect(retarget("-- nothing\n;;\n/* public.users */", into)).toBe("");
  });
});

describe("larger statements", () => {
  it.each<Row>([
    [
      "a policy",
      'CREATE POLICY "public" ON "public"."users" USING (("id" IN ( SELECT "public"."f"("p"."id") AS "f"\n   FROM "public"."p")))',
      'CREATE POLICY "public" ON "it_x"."users" USING (("id" IN ( SELECT "it_x"."f"("p"."id") AS "f"\n   FROM "it_x"."p")))',
    ],
    [
      "a view with an alias called like the schema",
      'CREATE VIEW "public"."v" AS\n SELECT "public"."id",\n    \'public.users\'::"text" AS "public"\n   FROM "public"."users" "public"',
      'CREATE VIEW "it_x"."v" AS\n SELECT "public"."id",\n    \'public.users\'::"text" AS "public"\n   FROM "it_x"."users" "public"',
    ],
    [
      "a partition",
      `ALTER TABLE ONLY "public"."p" ATTACH PARTITION "public"."p1" FOR VALUES IN ('public', 'public.p')`,
      `ALTER TABLE ONLY "it_x"."p" ATTACH PARTITION "it_x"."p1" FOR VALUES IN ('public', 'public.p')`,
    ],
    [
      "a rule of two commands",
      'CREATE RULE "r" AS\n    ON INSERT TO "public"."v" DO INSTEAD ( INSERT INTO "public"."users" DEFAULT VALUES;\n INSERT INTO "public"."p" DEFAULT VALUES;\n)',
      'CREATE RULE "r" AS\n    ON INSERT TO "it_x"."v" DO INSTEAD ( INSERT INTO "it_x"."users" DEFAULT VALUES;\n INSERT INTO "it_x"."p" DEFAULT VALUES;\n)',
    ],
    [
      "a foreign key",
      'ALTER TABLE ONLY "public"."p"\n    ADD CONSTRAINT "public" FOREIGN KEY ("public") REFERENCES "public"."users"("public")',
      'ALTER TABLE ONLY "it_x"."p"\n    ADD CONSTRAINT "public" FOREIGN KEY ("public") REFERENCES "it_x"."users"("public")',
    ],
  ])("%s", check);
});

describe("retargetDefinition", () => {
  it("gives one definition back without a semicolon at its end", () => {
    expect(retargetDefinition(" SELECT id FROM public.users WHERE (public.f(id) > 0);", into)).toBe(
      'SELECT id FROM "it_x".users WHERE ("it_x".f(id) > 0)',
    );
  });

  it("drops no SET, as a dump's own are dropped", () => {
    expect(retargetDefinition("SET a = 1", into)).toBe("SET a = 1");
  });
});
