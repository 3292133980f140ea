/** A standing database from its making to its end, and everything that it is refused for. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inSession, openSession } from "../../src/connections/session.ts";
import { dropDatabase, marking } from "../../src/control/databases.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readOurDatabases } from "../../src/janitor/homes.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { cleanStanding } from "../../src/standing/clean.ts";
import { createStanding, dropStanding, resetStanding, setUpStanding } from "../../src/standing/make.ts";
import { migrateStanding } from "../../src/standing/migrate.ts";
import { readStandingStatus } from "../../src/standing/read-status.ts";
import { markFor, type Project, withPlace } from "../../src/standing/standing.ts";
import { verifyStanding } from "../../src/standing/verify.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const ID = Date.now().toString(36);
const FIRST = `CREATE TABLE plans (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, code text);--> statement-breakpoint
INSERT INTO plans (code) VALUES ('free'), ('pro');`;
const SECOND = "CREATE TABLE users (id serial PRIMARY KEY, plan uuid REFERENCES plans);";
const IN_PUBLIC = { search_path: "public" };
const never = (): void => {};

describe.skipIf(!isIntegrationEnabled())("a standing database", () => {
  let own: OwnDatabase;
  let serial = 0;
  let name: string;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_standing_${ID}`);
  });
  beforeEach(() => {
    name = `standing_${ID}_${++serial}`;
  });
  afterAll(async () => {
    const made = await own.server.rows<{ name: string }>(
      "select datname as name from pg_database where datname like $1::text",
      [`standing_${ID}%`],
    );
    for (const { name } of made) await dropDatabase(own.server, name);
    await sweep(own.server, { homeAge: 0, freeAge: 0, beside: databaseKey(own.target) });
    await own.drop();
  });

  const folders: Record<string, string> = {};
  /** The same folder for the same migrations, so that their home is built once. */
  const project = (migrations: Readonly<Record<string, string>>, more: Partial<Project> = {}): Project => {
    const folder = folders[JSON.stringify(migrations)] ?? journalFolder(migrations);
    folders[JSON.stringify(migrations)] = folder;
    return { target: own.target, name, migrations: readMigrations(folder), ...more };
  };
  const both = (more?: Partial<Project>): Project => project({ "0000_plans": FIRST, "0001_users": SECOND }, more);
  const run = (sql: string): Promise<void> =>
    inSession(onDatabase(own.target, name), ({ script }) => script(sql), IN_PUBLIC);
  const ask = async (sql: string): Promise<unknown> =>
    Object.values((await inSession(onDatabase(own.target, name), ({ rows }) => rows(sql), IN_PUBLIC))[0] ?? {})[0];

  it("is made once, and then migrated; no sweep takes it for one of ours", async () => {
    const folder = journalFolder({ "0000_plans": FIRST });
    const before = { target: own.target, name, migrations: readMigrations(folder) };
    expect(await setUpStanding(before)).toEqual({ isNew: true, ran: ["0000_plans"] });
    expect(await setUpStanding(before)).toEqual({ isNew: false, ran: [] });
    expect((await readOurDatabases(own.server)).map((database) => database.name)).not.toContain(name);
    await sweep(own.server, { homeAge: 0, freeAge: 0, beside: databaseKey(own.target) });
    const kept = await ask("select id::text from plans where code = 'pro'");
    addMigration(folder, "0001_users", SECOND);
    const after = { ...before, migrations: readMigrations(folder) };
    expect(await verifyStanding(after, never)).toMatchObject({
      pending: ["0001_users"],
      differences: [
        { how: "missing", kind: "index", name: "users_pkey" },
        { how: "missing", kind: "sequence", name: "users_id_seq" },
        { how: "missing", kind: "table", name: "users" },
      ],
    });
    expect(await setUpStanding(after)).toEqual({ isNew: false, ran: ["0001_users"] });
    expect(await ask("select id::text from plans where code = 'pro'")).toBe(kept);
    // ids are random, and others in any other database
    expect(await verifyStanding(after, never)).toEqual({ history: [], pending: [], differences: [] });
    expect(await readStandingStatus(after)).toMatchObject({
      applied: ["0000_plans", "0001_users"],
      pending: [],
      tables: [
        { table: "plans", rows: 2 },
        { table: "users", rows: 0 },
      ],
      sessions: [],
    });
  });

  it("is made empty, and migrated where a history needs more than one transaction", async () => {
    const enums = project({
      "0000_level": "CREATE TYPE level AS ENUM ('low'); CREATE TABLE t (level level);",
      "0001_high": "ALTER TYPE level ADD VALUE 'high';",
      "0002_used": "INSERT INTO t VALUES ('high');",
    });
    expect(await createStanding(enums)).toBe(true);
    expect(await ask("select count(*)::int from pg_class where oid >= 16384")).toBe(0);
    expect(await createStanding(enums, { ifMissing: true })).toBe(false);
    await expect(createStanding(enums)).rejects.toMatchObject({ code: "TARGET_INVALID" });
    const ran = await withPlace(enums, (session) => migrateStanding(session, enums));
    expect(ran).toEqual(["0000_level", "0001_high", "0002_used"]);
    expect(await verifyStanding(enums, never)).toEqual({ history: [], pending: [], differences: [] });
  });

  it("says object by object what somebody changed, and which rows of the migrations", async () => {
    await setUpStanding(both());
    await run(`update plans set code = 'gratis' where code = 'free'; insert into users (plan) select id from plans;
      alter table users add email text; create table extra (id serial); create index on plans (code)`);
    const { differences } = await verifyStanding(both(), never);
    expect(differences.map(({ kind, name, how }) => `${how} ${kind} ${name}`).sort()).toEqual([
      "changed rows plans",
      "extra column users.email",
      "extra index plans_code_idx",
      "extra sequence extra_id_seq",
      "extra table extra",
    ]);
    // rows go out also of what the migrations do not know
    await run("insert into extra default values");
    expect(await cleanStanding(both(), never)).toEqual([
      { table: "extra", before: 1, rows: 0 },
      { table: "plans", before: 2, rows: 2 },
      { table: "users", before: 2, rows: 0 },
    ]);
    expect(await ask("select string_agg(code, ' ' order by code) from plans")).toBe("free pro");
    expect(await resetStanding(both())).toMatchObject({ isNew: true });
    expect(await verifyStanding(both(), never)).toEqual({ history: [], pending: [], differences: [] });
  });

  it("is cleaned wholly or not at all", async () => {
    await setUpStanding(both());
    await run("alter table plans rename code to sku; insert into users default values");
    await expect(cleanStanding(both(), never)).rejects.toMatchObject({ code: "RESET_FAILED" });
    expect(await ask("select count(*)::int from users")).toBe(1);
    const busy = await openSession(onDatabase(own.target, name), IN_PUBLIC);
    try {
      await busy.script("begin; select from users");
      // the transaction is in the way, and is named
      expect((await readStandingStatus(both())).sessions).toMatchObject([
        { pid: busy.pid, state: "idle in transaction" },
      ]);
    } finally {
      await busy.close();
    }
  });

  it("is refused where a migration that ran has changed, or is gone", async () => {
    const folder = journalFolder({ "0000_plans": FIRST, "0001_users": SECOND });
    const before = { target: own.target, name, migrations: readMigrations(folder) };
    await setUpStanding(before);
    writeFileSync(join(folder, "0000_plans.sql"), `${FIRST} `);
    const after = { ...before, migrations: readMigrations(folder) };
    const history = ["the migration 0000_plans ran, and has changed since"];
    expect(await readStandingStatus(after)).toMatchObject({ history });
    await expect(setUpStanding(after)).rejects.toMatchObject({
      code: "MIGRATIONS_INVALID",
      message: expect.stringContaining(`npx with-test-db database reset --name ${name}`),
    });
    expect(await resetStanding(after)).toMatchObject({ isNew: true });
    expect(await verifyStanding(after, never)).toMatchObject({ history: [], differences: [] });
  });

  it("stays as it is where the migrations fail", async () => {
    const folder = journalFolder({ "0000_plans": FIRST });
    const before = { target: own.target, name, migrations: readMigrations(folder) };
    await setUpStanding(before);
    await run("delete from plans where code = 'pro'");
    addMigration(folder, "0001_broken", "CREATE TABLE broken (id nonsense);");
    const broken = { ...before, migrations: readMigrations(folder) };
    await expect(setUpStanding(broken)).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
    await expect(resetStanding(broken)).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
    expect(await ask("select count(*)::int from plans")).toBe(1);
    await expect(cleanStanding(broken, never)).rejects.toMatchObject({ code: "MIGRATIONS_INVALID" });
  });

  it("is made anew where its making was interrupted, marked or not", async () => {
    for (const mark of [`; ${marking(name, markFor(both(), "unfinished"))}`, ""]) {
      await own.server.script(`create database ${name} connection limit 1000000123`);
      if (mark) await own.server.script(mark.slice(1));
      await expect(readStandingStatus(both())).rejects.toMatchObject({ code: "TARGET_INVALID" });
      expect(await setUpStanding(both())).toMatchObject({ isNew: true });
      expect(await dropStanding(both())).toBe(true);
      expect(await dropStanding(both())).toBe(false);
    }
  });

  it("holds what files bring before and after the migrations, which have to be named again", async () => {
    const folder = temporaryFolder();
    const [prepared, seeded] = [join(folder, "prepare.sql"), join(folder, "seed.sql")];
    writeFileSync(prepared, "create type platform as enum ('web')");
    writeFileSync(seeded, "insert into t values ('web')");
    const steps = { prepare: [prepared], seed: [seeded] };
    const platform = (more: Partial<Project>): Project =>
      project({ "0000_t": "CREATE TABLE t (platform platform)" }, more);
    expect(await setUpStanding(platform(steps))).toMatchObject({ isNew: true });
    await run("insert into t values ('web')");
    expect(await cleanStanding(platform(steps), never)).toEqual([{ table: "t", before: 2, rows: 1 }]);
    await expect(cleanStanding(platform({ prepare: [prepared] }), never)).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
    writeFileSync(seeded, "insert into t values ('web'), ('web')");
    await expect(setUpStanding(platform(steps))).rejects.toMatchObject({ code: "OPTION_INVALID" });
    await resetStanding(platform(steps));
    expect(await ask("select count(*)::int from t")).toBe(2);
  });

  it("is nobody else's: neither by its name, nor as a copy with its comment, nor of other migrations, nor the named one", async () => {
    const refused = { code: "TARGET_REFUSED" };
    await own.server.script(`create database ${name}`);
    for (const work of [setUpStanding, resetStanding, dropStanding, createStanding])
      await expect(work(both())).rejects.toMatchObject(refused);
    const copied = `${name}_copy`;
    await own.server.script(`drop database ${name}`);
    await setUpStanding(both());
    const [{ comment } = { comment: "" }] = await own.server.rows<{ comment: string }>(
      "select shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1::text",
      [name],
    );
    await own.server.script(`create database ${copied}`);
    await own.server.script(`comment on database ${copied} is '${comment}'`);
    for (const work of [setUpStanding, resetStanding, dropStanding])
      await expect(work(both({ name: copied }))).rejects.toMatchObject(refused);
    await expect(
      setUpStanding(project({ "0000_other": SECOND.replace(" REFERENCES plans", "") })),
    ).rejects.toMatchObject(refused);
    await expect(setUpStanding(both({ name: own.target.database }))).rejects.toMatchObject(refused);
    await expect(setUpStanding(both({ name: "app_production" }))).rejects.toMatchObject(refused);
    await expect(setUpStanding(both({ name: "it_mine" }))).rejects.toMatchObject({ code: "OPTION_INVALID" });
  });
});

function addMigration(folder: string, tag: string, text: string): void {
  const [file, other] = [
    join(folder, "meta", "_journal.json"),
    join(journalFolder({ a: "", [tag]: text }), "meta", "_journal.json"),
  ];
  const [journal, { entries }] = [file, other].map((path) => JSON.parse(readFileSync(path, "utf8"))) as [
    { entries: unknown[] },
    { entries: unknown[] },
  ];
  journal.entries.push(entries[1]);
  writeFileSync(file, JSON.stringify(journal));
  writeFileSync(join(folder, `${tag}.sql`), text);
}
