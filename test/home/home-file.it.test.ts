/** Homes that are exported, dropped and imported again: what units are then, for the awkward forms in drizzle/. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropDatabase } from "../../src/control/databases.ts";
import { exportHomes } from "../../src/home/file/export-homes.ts";
import {
  type FileHome,
  type HomeFile,
  readHomeFile,
  type SchemasHome,
  writeHomeFile,
} from "../../src/home/file/home-file.ts";
import { importHomes } from "../../src/home/file/import-homes.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { readOurDatabases } from "../../src/janitor/homes.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { type Migrations, readMigrations } from "../../src/migrations/read-migrations.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { formFolder, readFacts } from "../support/awkward.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const ID = Date.now().toString(36);
const never = (): void => {};

describe.skipIf(!isIntegrationEnabled())("a home as a file", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_home_file_${ID}`);
  });
  afterAll(async () => {
    await sweep(own.server, { homeAge: 0, freeAge: 0, beside: databaseKey(own.target) });
    await own.drop();
  });

  const dropHomes = async (): Promise<void> => {
    const beside = databaseKey(own.target);
    const ours = await readOurDatabases(own.server);
    const homes = ours.filter((database) => database.beside === beside).map(({ name }) => name);
    for (const { name, home } of ours) if (homes.includes(home)) await dropDatabase(own.server, name);
  };
  const open = (form: string): Promise<TestDb<Record<string, unknown>>> =>
    withTestDb({ schema: {}, migrationsFolder: formFolder(form), url: own.url });
  const facts = async (unit: TestDb<Record<string, unknown>>): Promise<string[]> => {
    const found = await readFacts(unit.client, unit.schemaName);
    await unit.dispose();
    return found;
  };

  // the units of two are schemas, and of one databases
  it.each(["seed-rows", "extensions", "columns"])("has %s as the migrations made it", async (form) => {
    const migrations = readMigrations(formFolder(form));
    const before = await facts(await open(form));
    const file = readHomeFile(writeHomeFile(await exportHomes(own.target, migrations)), "homes.gz");
    await dropHomes();
    const names = file.homes.map(({ name }) => name);
    expect(names).toHaveLength(1);
    expect(await importHomes(own.target, migrations, file, never)).toEqual({
      imported: names,
      left: [],
      skipped: [],
    });
    expect(await importHomes(own.target, migrations, file, never)).toEqual({
      imported: [],
      left: names,
      skipped: [],
    });
    // the next run exports what this one imported
    const again = await exportHomes(own.target, migrations);
    await dropHomes();
    expect(await importHomes(own.target, migrations, again, never)).toMatchObject({ imported: names });
    expect(await facts(await open(form))).toEqual(before);
  });

  it("is left out where it was made elsewhere, and said why", async () => {
    const { migrations, file } = await exported();
    await dropHomes();
    const { name } = file.homes[0] as FileHome;
    const skipped = async (made: Partial<HomeFile["made"]>): Promise<string | undefined> => {
      const found = await importHomes(own.target, migrations, { ...file, made: { ...file.made, ...made } }, never);
      expect(found).toMatchObject({ imported: [], left: [], skipped: [{ name }] });
      return found.skipped[0]?.why;
    };
    expect(await skipped({ format: "1" })).toBe("another version of with-test-db made it");
    expect(await skipped({ serverMajor: 9 })).toMatch(/^it was made on PostgreSQL 9, and this is \d+$/);
    expect(await skipped({ user: "ada" })).toMatch(/^it was made for the role ada/);
    expect(await skipped({ database: "app" })).toMatch(/^it was made beside the database app/);
    expect(await ours(name)).toEqual([]);
  });

  it("leaves nothing where what comes of the file is not what was exported", async () => {
    const { migrations, file } = await exported();
    await dropHomes();
    const home = file.homes[0] as SchemasHome;
    const other = (changed: Partial<SchemasHome>): Promise<unknown> =>
      importHomes(own.target, migrations, { ...file, homes: [{ ...home, ...changed }] }, never);
    const rows = { ...home.replay, sql: home.replay.sql.replace("'pro'", "'gratis'") };
    await expect(other({ replay: rows })).rejects.toMatchObject({
      code: "HOME_FAILED",
      message: expect.stringContaining("rows plans differs"),
    });
    await expect(other({ dump: `${home.dump} create schema more;` })).rejects.toMatchObject({
      code: "HOME_FAILED",
      message: expect.stringContaining("schema more is not in what the migrations made"),
    });
    await expect(other({ dump: "nonsense;" })).rejects.toMatchObject({ code: "HOME_FAILED" });
    expect(await ours(home.name)).toEqual([]);
    // nor where it is interrupted: what undoes it is told before anything is made
    const undoing: (() => Promise<unknown>)[] = [];
    await importHomes(own.target, migrations, file, (undo) => undoing.push(undo));
    await undoing[0]?.();
    expect(await ours(home.name)).toEqual([home.name]);
  });

  it("is made by a role that may only create databases, too", async () => {
    const role = `it_importer_${ID}`;
    await own.server.script(`create role ${role} login createdb password 'importer'`);
    await own.server.script(`grant create, connect on database ${own.target.database} to ${role}`);
    const target: Target = { ...own.target, user: role, password: "importer" };
    const migrations = readMigrations(migrationsFolder);
    const plans = async (): Promise<unknown> => {
      const unit = await withTestDb({ schema: {}, migrationsFolder, url: targetUrl(target) });
      const [row] = await unit.client`select count(*)::int as plans from plans`;
      await unit.dispose();
      return row?.["plans"];
    };
    try {
      expect(await plans()).toBe(2);
      const file = await exportHomes(target, migrations);
      await dropHomesOf(role);
      expect(await importHomes(target, migrations, file, never)).toMatchObject({ imported: [file.homes[0]?.name] });
      expect(await plans()).toBe(2);
    } finally {
      await dropHomesOf(role);
      await own.server.script(`drop owned by ${role}; drop role ${role}`);
    }
  });

  const dropHomesOf = async (role: string): Promise<void> => {
    const made = await own.server.rows<{ name: string }>(
      "select datname as name from pg_database where pg_get_userbyid(datdba) = $1::text",
      [role],
    );
    for (const { name } of made) await dropDatabase(own.server, name);
  };
  const exported = async (): Promise<{ migrations: Migrations; file: HomeFile }> => {
    const unit = await withTestDb({ schema: {}, migrationsFolder, url: own.url });
    await unit.dispose();
    const migrations = readMigrations(migrationsFolder);
    return { migrations, file: await exportHomes(own.target, migrations) };
  };
  const ours = async (home: string): Promise<string[]> =>
    (await readOurDatabases(own.server)).filter((database) => database.home === home).map(({ name }) => name);
});

const migrationsFolder = journalFolder({
  "0000_plans":
    "CREATE TABLE plans (code text, name text);--> statement-breakpoint INSERT INTO plans VALUES ('free', 'Free'), ('pro', 'Pro');",
});
