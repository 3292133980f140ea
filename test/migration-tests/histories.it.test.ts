/** Whatever point a history is left at, the migrations that follow lead to just what a fresh database has. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import type { MigrateOnOptions } from "../../src/migration-tests/past-db.ts";
import { migrateTo, migrationTests } from "../../src/migrations.ts";
import { formFolder, readFacts } from "../support/awkward.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const example = (name: string): string => fileURLToPath(new URL(`../../packages/${name}/drizzle`, import.meta.url));
const tagsIn = (folder: string): string[] =>
  (
    JSON.parse(readFileSync(join(folder, "meta", "_journal.json"), "utf8")) as { entries: { tag: string }[] }
  ).entries.map(({ tag }) => tag);

/** All of the repository's own with more than one migration. */
const HISTORIES = [
  ...readdirSync(formFolder("."))
    .map((form) => formFolder(form))
    .filter((folder) => tagsIn(folder).length > 1),
  ...["catalog", "slo"].map(example),
];

/** Those that fail in one transaction, from wherever what needs more of them is still to come. */
const REPLAYS: Readonly<Record<string, MigrateOnOptions["replay"]>> = {
  concurrently: "statement by statement",
  "enum-value-used": "migration by migration",
  "enum-value-same-file": "statement by statement",
};

/** In the first of them a session is given settings which the second reads: a deployment that brings the second alone has none. */
const LEANS_ON_SESSION = ["settings", "0000_settings"];

describe.skipIf(!isIntegrationEnabled())("histories", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_histories_${Date.now()}`);
  });
  afterAll(() => own.drop());

  const cases = HISTORIES.flatMap((folder) => {
    const name = folder
      .replace(/\/drizzle$/, "")
      .split("/")
      .at(-1) as string;
    return [null, ...tagsIn(folder).slice(0, -1)].map((tag) => [name, tag, folder] as const);
  }).filter(([name, tag]) => !(name === LEANS_ON_SESSION[0] && tag === LEANS_ON_SESSION[1]));

  it.each(cases)("of %s are led on from %s to what a fresh database has", async (name, tag, migrationsFolder) => {
    const file = join(migrationsFolder, "prepare.sql");
    const options = { migrationsFolder, ...(existsSync(file) && { prepare: [file] }) };
    const facts = ({ client }: Parameters<Parameters<typeof withTestDb>[1]>[0]) => readFacts(client, null);
    const wanted = await withTestDb({ ...options, isolation: "database" }, facts);
    const past = await migrateTo(tag, options);
    try {
      const replay = REPLAYS[name];
      const began = past.migrateOn();
      if (replay) await began.catch(() => past.migrateOn(undefined, { replay }));
      await began.catch((error: unknown) => expect(replay, String(error)).toBeDefined());
      expect(past.at).toBe(tagsIn(migrationsFolder).at(-1));
      expect(await facts(past as never)).toEqual(wanted);
    } finally {
      await past.dispose();
    }
  });

  it("create extensions by themselves that the named database has", async () => {
    await own.session.script("create extension citext schema public");
    const migrationsFolder = journalFolder({
      "0000_t": "CREATE TABLE t (id integer);",
      "0001_citext": "CREATE EXTENSION citext;--> statement-breakpoint ALTER TABLE t ADD COLUMN name citext;",
    });
    await migrateTo("0", { migrationsFolder, url: own.url }, async (past) => {
      expect(await past.client`select from pg_extension where extname = 'citext'`).toHaveLength(0);
      expect(await past.migrateOn()).toEqual(["0001_citext"]);
    });
  });

  it("may change nothing in the database that was named", async () => {
    const migrationsFolder = journalFolder({
      "0000_t": "CREATE TABLE t (id integer);",
      "0001_named": `ALTER DATABASE ${own.target.database} SET work_mem = '5MB';`,
    });
    await migrateTo("0", { migrationsFolder, url: own.url }, async (past) => {
      await expect(past.migrateOn()).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
      expect(past.at).toBe("0000_t");
    });
  });

  it("are passed over by Drizzle where a later time is in the journal: that is an error", async () => {
    const folder = (when: readonly number[]): string => {
      const made = journalFolder({
        "0000_a": "CREATE TABLE a ();",
        "0001_b": "CREATE TABLE b ();",
        "0002_c": "CREATE TABLE c ();",
      });
      const journal = join(made, "meta", "_journal.json");
      const { entries, ...rest } = JSON.parse(readFileSync(journal, "utf8")) as { entries: object[] };
      writeFileSync(
        journal,
        JSON.stringify({ ...rest, entries: entries.map((entry, index) => ({ ...entry, when: when[index] })) }),
      );
      return made;
    };
    await migrateTo("0", { migrationsFolder: folder([2000, 1000, 3000]) }, async (past) => {
      await expect(past.migrateOn()).rejects.toMatchObject({
        code: "MIGRATIONS_INVALID",
        message: expect.stringMatching(/0001_b\.sql would never run where a later one has/),
      });
      expect(await past.client`select tablename as name from pg_tables where schemaname = 'public'`).toEqual([
        { name: "a" },
      ]);
    });
    await migrateTo("0", { migrationsFolder: folder([1000, 2000, 3000]) }, async (past) => {
      expect(await past.migrateOn()).toHaveLength(2);
    });
  });

  it("that no transaction allows to be run fail the test of their migration, as they fail a deployment", async () => {
    const tests = await migrationTests({ migrationsFolder: formFolder("concurrently"), of: "all" });
    await tests[0]?.run();
    await expect(tests[1]?.run()).rejects.toThrow(/CREATE INDEX CONCURRENTLY cannot run inside a transaction block/);
  });
});
