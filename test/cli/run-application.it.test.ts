/**
 * A plain application that has never heard of this library: a module with its database, migrations that it runs when it starts, and
 * tests that write what they like. `run --env DATABASE_URL` gives each run of its suite a database.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { installedProject } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const migration = (idx: number, tag: string) => ({
  idx,
  version: "7",
  when: 1_700_000_000_000 + idx,
  tag,
  breakpoints: true,
});
const APPLICATION = {
  "package.json": JSON.stringify({ name: "notes", type: "module", scripts: { test: "node --test test/" } }),
  "drizzle/meta/_journal.json": JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: [migration(0, "0000_notes"), migration(1, "0001_tags")],
  }),
  // neither can run twice
  "drizzle/0000_notes.sql": "CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL UNIQUE);",
  "drizzle/0001_tags.sql":
    "CREATE SCHEMA tagging;--> statement-breakpoint\nCREATE TABLE tagging.tags (name text PRIMARY KEY);",
  "src/db.js": `
    import { drizzle } from "drizzle-orm/node-postgres";
    import { migrate } from "drizzle-orm/node-postgres/migrator";
    import pg from "pg";

    export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
    export const db = drizzle({ client: pool });
    export const start = () => migrate(db, { migrationsFolder: "drizzle" });`,
  "src/notes.js": `
    import { sql } from "drizzle-orm";
    import { db } from "./db.js";

    export const add = (text) => db.execute(sql\`insert into notes (text) values (\${text})\`);
    export const all = async () => (await db.execute(sql\`select id, text from notes order by id\`)).rows;`,
  "test/notes.test.js": `
    import assert from "node:assert/strict";
    import { readdirSync, writeFileSync } from "node:fs";
    import { join } from "node:path";
    import { after, before, test } from "node:test";
    import { pool, start } from "../src/db.js";
    import { add, all } from "../src/notes.js";

    before(start);
    after(() => pool.end());

    test("has the one note that was added", async () => {
      await add("unique");
      // the other run's suite is at the same place
      writeFileSync(join(process.env.MEETING, String(process.pid)), "");
      while (readdirSync(process.env.MEETING).length < 2) await new Promise((done) => setTimeout(done, 10));
      assert.deepEqual(await all(), [{ id: 1, text: "unique" }]);
      const { rows: [{ ran }] } = await pool.query("select count(*)::int as ran from drizzle.__drizzle_migrations");
      assert.equal(ran, 2);
      const { rows: [{ name }] } = await pool.query("select current_database() as name");
      console.log("in", name);
    });`,
};

describe.skipIf(!isIntegrationEnabled())("run --env DATABASE_URL -- npm test", () => {
  let own: OwnDatabase;
  let project: string;
  let meeting: string;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_application_${Date.now()}`);
    project = installedProject("application", ["drizzle-orm", "postgres", "pg"], APPLICATION);
    meeting = mkdtempSync(join(tmpdir(), "with-test-db-meeting-"));
  });
  afterAll(async () => {
    for (const folder of [project, meeting]) rmSync(folder, { recursive: true, force: true });
    await own.drop();
  });

  /** Runs the suite. Resolves to the database that it was in. */
  async function suite(): Promise<string> {
    const { NODE_ENV: _, NODE_OPTIONS: __, NODE_TEST_CONTEXT: ___, ...inherited } = process.env;
    const program = join(project, "node_modules/with-test-db/dist/cli.mjs");
    const child = spawn(process.execPath, [program, "run", "--env", "DATABASE_URL", "--", "npm", "test"], {
      cwd: project,
      env: { ...inherited, NO_COLOR: "1", TEST_DB_URL: own.url, DATABASE_URL: own.url, MEETING: meeting },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    const [code] = await once(child, "close");
    expect([code, said]).toEqual([0, expect.stringMatching(/pass 1\b.*fail 0\b/s)]);
    return /in (it_\w+)/.exec(said)?.[1] ?? said;
  }

  it("gives each of two runs a database in which its migrations have run, and touches none that DATABASE_URL named", async () => {
    const [one, other] = await Promise.all([suite(), suite()]);
    expect(one).toMatch(/^it_\w+$/);
    expect(other).not.toBe(one);
    const { units } = await readStatus(own.server);
    expect(units.filter(({ name }) => name === one || name === other)).toEqual([]);
    const made = await own.session.rows(
      `select oid::regclass::text as name from pg_class where oid >= 16384
       union all select nspname from pg_namespace where oid >= 16384 and nspname !~ '^pg_(toast_)?temp_'`,
    );
    expect(made).toEqual([]);
  });
});
