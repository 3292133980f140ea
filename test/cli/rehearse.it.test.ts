/** `with-test-db rehearse` as a project has it, of either line of Drizzle, each in a process of its own. */
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import type { Rehearsal } from "../../src/rehearse/rehearsal.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { installedProject, root } from "../support/installed-project.ts";
import { folderPerMigration, journalFolder } from "../support/migrations.ts";
import { repository } from "../support/repository.ts";
import { JOURNAL, makeSnapshot, rehearsals, type Snapshot } from "../support/snapshot.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const FIRST = {
  "0000_first": `CREATE TABLE users (id serial primary key, name text not null, age integer);
CREATE TABLE orders (id serial primary key, user_id integer not null references users);`,
};
const NEW = {
  "0001_widen": "ALTER TABLE users ALTER COLUMN age TYPE bigint",
  "0002_slow": "CREATE INDEX ON orders (user_id);\nSELECT pg_sleep(0.3)",
  "0003_backfill": "UPDATE users SET age = 1 WHERE id > 0",
  "0004_unique": "CREATE UNIQUE INDEX one_name ON users (name)",
};
const ROWS = `
  insert into users (name, age) select 'user ' || i % 900, i from generate_series(1, 1000) i;
  insert into orders (user_id) select i from generate_series(1, 1000) i;`;
const RECENT = "packages/drizzle-1/node_modules/drizzle-orm";
const LIMITS = ["--max-lock", "200", "--max-rows", "500"];

const project = (name: string, orm: string, folder: string, config = "{}"): string => {
  const made = installedProject(name, ["postgres", "drizzle-kit"], { "drizzle.config.json": config });
  symlinkSync(join(root, orm), join(made, "node_modules", "drizzle-orm"), "junction");
  cpSync(folder, join(made, "db"), { recursive: true });
  if (config === "{}") rmSync(join(made, "drizzle.config.json"));
  return made;
};

describe.skipIf(!isIntegrationEnabled())("with-test-db rehearse", () => {
  const place = { schema: "public", table: "ran" };
  const config = JSON.stringify({ dialect: "postgresql", schema: "./schema.ts", out: "./db", migrations: place });
  const old = project("rehearse-0", "node_modules/drizzle-orm", journalFolder({ ...FIRST, ...NEW }), config);
  const hasRecent = existsSync(join(root, RECENT));
  const recent = project("rehearse-1", RECENT, folderPerMigration({ ...FIRST, ...NEW }));
  let snapshot: Snapshot;
  beforeAll(async () => {
    const moved = "create table ran as select * from drizzle.__drizzle_migrations;";
    snapshot = await makeSnapshot(`with_test_db_rehearse_${Date.now()}`, FIRST["0000_first"] + ROWS + JOURNAL + moved);
    await inSession(snapshot.target, ({ script }) =>
      script(`alter table drizzle.__drizzle_migrations add column name text;
        update drizzle.__drizzle_migrations set name = '20260101000000_0000_first'`),
    );
  });
  afterAll(async () => {
    await snapshot.drop();
    for (const folder of [old, recent]) rmSync(folder, { recursive: true, force: true });
  });

  interface Said {
    readonly out: string;
    readonly err: string;
    readonly code: unknown;
  }
  const programOf = (folder: string): string => join(folder, "node_modules/with-test-db/dist/cli.mjs");
  const rehearse = async (folder: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<Said> => {
    const env = { ...process.env, NO_COLOR: "1", NODE_ENV: "", TEST_DB_URL: targetUrl(await testTarget()), ...more };
    const options = { cwd: folder, env };
    return new Promise((resolve) => {
      execFile(process.execPath, [programOf(folder), "rehearse", ...args], options, (error, out, err) =>
        resolve({ out, err, code: error?.code ?? 0 }),
      );
    });
  };

  it.each([["0.45", old, []], ...(hasRecent ? [["1.0", recent, ["--migrations", "db"]] as const] : [])] as const)(
    "names a rewrite, a long lock, a backfill and what fails on the rows, and leaves the snapshot alone: %s",
    async (_, folder, where) => {
      const before = await snapshot.digest();
      const page = join(folder, "page.html");
      const { out, err, code } = await rehearse(folder, [
        "--url",
        snapshot.url,
        ...where,
        ...LIMITS,
        "--html",
        page,
        "--json",
      ]);
      expect([err, code]).toEqual(["", 1]);
      const { findings, migrations } = JSON.parse(out) as Rehearsal;
      expect(migrations.map(({ state }) => state)).toEqual(["ran", "ran", "ran", "failed"]);
      expect(findings.map(({ rule, file, message }) => `${rule} ${file} ${message}`)).toEqual([
        expect.stringMatching(/^migration-failed db.*0004_unique.*could not create unique index/),
        expect.stringMatching(/^rewrite db.*0001_widen.*all of users/),
        expect.stringMatching(/^long-lock db.*0001_widen.*reads and writes on users are blocked/),
        expect.stringMatching(/^long-lock db.*0002_slow.*writes on orders are blocked/),
        expect.stringMatching(/^many-rows-changed db.*0003_backfill.*1.000 rows updated in users/),
      ]);
      expect(readFileSync(page, "utf8")).toContain("could not create unique index");
      expect(await snapshot.digest()).toEqual(before);
      expect(await rehearsals(snapshot.target)).toEqual([]);
    },
  );

  it("leaves nothing when it is interrupted in the middle of a migration", async () => {
    const before = await snapshot.digest();
    const folder = journalFolder({
      ...FIRST,
      "0001_slow": "ALTER TABLE users ADD COLUMN b text; SELECT pg_sleep(600)",
    });
    const child = spawn(process.execPath, [programOf(old), "rehearse", "--url", snapshot.url, "--migrations", folder], {
      cwd: old,
      env: { ...process.env, NODE_ENV: "" },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("close", (code) => resolve(code)));
    await vi.waitFor(async () => {
      const asleep = await inSession(await testTarget(), ({ rows }) =>
        rows(
          "select from pg_stat_activity where wait_event = 'PgSleep' and application_name like 'it\\_rehearsal\\_%'",
        ),
      );
      expect(asleep).toHaveLength(1);
    }, SOON);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(await rehearsals(snapshot.target)).toEqual([]);
    expect(await snapshot.digest()).toEqual(before);
  });

  it("refuses production, by what the process and the database are called", async () => {
    const inProduction = await rehearse(old, ["--url", snapshot.url, "--migrations", "db"], { RUN_ENV: "production" });
    expect(inProduction).toMatchObject({ out: "", code: 2, err: expect.stringContaining("RUN_ENV=production") });
    const named = await rehearse(old, ["--url", "postgres://localhost/app_production", "--json"]);
    expect([named.code, JSON.parse(named.out).error.code]).toEqual([2, "TARGET_REFUSED"]);
  });

  it("says so for people, and takes what the base branch lacks, without a snapshot", async () => {
    const { "0004_unique": _, ...passing } = NEW;
    const [first, all] = [journalFolder(FIRST), journalFolder({ ...FIRST, ...passing })];
    const { git, commit } = repository(old);
    const put = (folder: string): void => {
      rmSync(join(old, "drizzle"), { recursive: true, force: true });
      cpSync(folder, join(old, "drizzle"), { recursive: true });
    };
    put(first);
    commit();
    git("checkout", "--quiet", "-b", "work");
    put(all);
    const args = ["--migrations", "drizzle", "--rows", "600", "--max-rows", "500", "--max-lock", "60000"];
    const { out, err, code } = await rehearse(old, args, { GITHUB_BASE_REF: "", GITHUB_ACTIONS: "" });
    expect([err, code]).toEqual(["", 1]);
    expect(out).toMatch(
      /^3 migrations in one transaction on made-up rows, beside .*\n\nmigrations\n {2}0001_widen +\d.* ms +users rewritten/,
    );
    expect(out).toMatch(/\ndrizzle\/0001_widen.sql:1 {2}error {2}rewrite\n {2}all of users is written anew: 600 rows/);
    expect(out).toMatch(/\n2 findings\n$/);
    const nothing = await rehearse(old, ["--url", snapshot.url, "--migrations", first]);
    expect(nothing).toMatchObject({ err: "", code: 0, out: expect.stringMatching(/^nothing is pending in /) });
  });
});
