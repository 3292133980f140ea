/** What is counted on of what pg_dump prints: docs/decisions/what-is-counted-on.md. Read in @electric-sql/pglite-tools 0.4.8, pg_dump 18.3. */
import { beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { tokenize } from "../../src/sql/lexer.ts";
import { splitStatements } from "../../src/sql/statements.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { openOwnDatabase } from "../support/own-database.ts";

describe.skipIf(!isIntegrationEnabled())("a dump", () => {
  let dump: string;
  let heads: string[];
  beforeAll(async () => {
    const database = await openOwnDatabase(`it_counted_dump_${Date.now().toString(36)}`);
    try {
      await database.session.script(`set search_path to public;
        create table things (id serial primary key, share float8);
        insert into things (share) values ('-0'), (1), ('NaN');
        create view shares as select share from things where id in (1, 2)`);
      dump = await dumpSchema(database.session.target, "public");
    } finally {
      await database.drop();
    }
    heads = splitStatements(tokenize(dump)).map(({ words }) => words.slice(0, 2).join(" "));
  });

  it("is settings, a call that empties the search path, and what makes the schema and its objects", () => {
    const made = ["schema", "sequence", "table", "view"].flatMap((kind) => [`create ${kind}`, `alter ${kind}`]);
    const others = ["comment on", "insert into", "select pg_catalog"];
    const unset = new Set(heads.filter((head) => !head.startsWith("set ")));
    expect([...unset].sort()).toEqual([...made, ...others].sort());
    expect(heads).toEqual(expect.arrayContaining(["set default_tablespace", "set default_table_access_method"]));
    expect(dump).toContain("SELECT pg_catalog.set_config('search_path', '', false);");
  });

  it("has every name in quotes and with its schema, in literals, too", () => {
    expect(dump).toContain(`"nextval"('"public"."things_id_seq"'::"regclass")`);
    expect(dump).toContain(`SELECT pg_catalog.setval('"public"."things_id_seq"', 3, true);`);
    expect(dump).toMatch(/CREATE VIEW "public"\."shares" AS\n SELECT "share"\n {3}FROM "public"\."things"/);
    expect(dump).toMatch(/^ALTER TABLE "public"\."things" OWNER TO "\w+";$/m);
  });

  it("has rows as INSERT, several in one statement, and a negative zero without quotes", () => {
    expect(dump).toContain(`INSERT INTO "public"."things" VALUES\n\t(1, -0),\n\t(2, 1),\n\t(3, 'NaN');`);
  });

  it("has no command for psql", () => {
    expect(dump).not.toMatch(/^\\/m);
  });
});
