/** The package as it is installed, where the runner's fake timers are in use: with their defaults, and as they may be set. */
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { installedProject, root } from "../support/installed-project.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const OWN = `it_fake_timers_test_${Date.now().toString(36)}`;
const PEERS = ["drizzle-orm", "postgres", "pg", "jest", "vitest"];
const TESTS = 6;

/** The same for all runners: uses a unit in every way while timers are faked, and looks whether they still are. */
const suite = (migrationsFolder: string): string => `
module.exports = ({ withTestDb, pgCore, timers, isEarly }) => {
  const things = pgCore.pgTable("things", { id: pgCore.serial().primaryKey(), name: pgCore.text() });
  const options = { schema: { things }, migrationsFolder: ${JSON.stringify(migrationsFolder)} };
  let testDb;
  beforeAll(async () => {
    if (!isEarly) testDb = await withTestDb(options);
    timers.fake();
    testDb ??= await withTestDb(options);
  });
  beforeEach(() => testDb.reset());
  afterAll(() => testDb.dispose());
  const names = async (db) => (await db.select().from(things)).map(({ name }) => name);
  const add = async (db, ...added) => {
    await db.insert(things).values(added.map((name) => ({ name })));
    await db.transaction((outer) => outer.transaction((inner) => inner.update(things).set({ name: "x" })));
    expect(await names(db)).toEqual(added.map(() => "x"));
  };
  it("leaves a test's own timers to the test", async () => {
    let fired = 0;
    setTimeout(() => fired++, 10);
    setImmediate(() => fired++);
    await add(testDb.db, "a");
    expect(fired).toBe(0);
    timers.advance(20);
    expect(fired).toBe(2);
  });
  it("adds no timers to a test's own", async () => {
    await add(testDb.db, "a", "b");
    const other = await withTestDb(options);
    await add(other.db, "c");
    await other.dispose();
    expect(timers.count()).toBe(0);
  });
  it("rolls back", async () => {
    await testDb.rollback((db) => add(db, "a"));
    await expect(testDb.rollback(() => Promise.reject(new Error("on purpose")))).rejects.toThrow("on purpose");
    expect(await names(testDb.db)).toEqual([]);
  });
  it("answers more queries at once than there are connections", async () => {
    await Promise.all(Array.from({ length: 30 }, () => testDb.db.insert(things).values({ name: "x" })));
    expect(await names(testDb.db)).toHaveLength(30);
  });
  it("fails as it does otherwise", async () => {
    await expect(testDb.db.execute("select nothing")).rejects.toThrow();
    await expect(testDb.rollback((db) => db.execute("select nothing"))).rejects.toThrow();
  });
  it("goes on with real timers, and with faked ones again", async () => {
    const adding = add(testDb.db, "a");
    timers.real();
    await adding;
    await testDb.reset();
    await add(testDb.db, "b");
    const reset = testDb.reset();
    timers.fake();
    await reset;
    await add(testDb.db, "c");
  });
};`;

const timers = (api: string): string => `{
  fake: () => ${api}.useFakeTimers(), real: () => ${api}.useRealTimers(),
  advance: (time) => ${api}.advanceTimersByTime(time), count: () => ${api}.getTimerCount() }`;

const inJest = (entry: string, isEarly: boolean): string => `
${isEarly ? "jest.useFakeTimers({ now: 0 });" : ""}
const { withTestDb } = require("${entry}");
const pgCore = require("drizzle-orm/pg-core");
require("../suite.cjs")({ withTestDb, pgCore, isEarly: ${isEarly}, timers: ${timers("jest")} });`;

const inVitest = (entry: string, isEarly: boolean): string => `
import * as pgCore from "drizzle-orm/pg-core";
import { vi } from "vitest";
import suite from "../suite.cjs";
${isEarly ? "vi.useFakeTimers({ now: 0 });" : ""}
const { withTestDb } = await import("${entry}");
suite({ withTestDb, pgCore, isEarly: ${isEarly}, timers: ${timers("vi")} });`;

/** Where nothing passes: the driver's code is not as it is known, or Node's own streams wait as well. */
const standing = (entry: string, how: string, migrationsFolder: string): string => `import { vi } from "vitest";
import { withTestDb } from "${entry}";
const options = { migrationsFolder: ${JSON.stringify(migrationsFolder)} };
it("names the line to type, and works once timers run", { timeout: 30_000 }, async () => {
  const testDb = await withTestDb(options);
  vi.useFakeTimers(${how});
  const calls = [testDb.reset(), testDb.rollback(async () => {}), withTestDb(options), testDb.dispose()];
  const settled = await Promise.allSettled(calls);
  vi.useRealTimers();
  for (const { reason } of settled) {
    expect(reason).toMatchObject({ code: "TIMERS_FAKED", message: expect.stringContaining('vi.useFakeTimers({ toFake: ["Date"] })') });
  }
  vi.useFakeTimers({ toFake: ["Date"] });
  await testDb.reset();
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await testDb.reset();
  vi.useRealTimers();
  await testDb.dispose();
});`;

describe.skipIf(!isIntegrationEnabled())("under fake timers", () => {
  let own: OwnDatabase;
  let project: string;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    const migrationsFolder = journalFolder({
      "0000_things": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text DEFAULT '${OWN}');`,
    });
    const files: Record<string, string> = { "suite.cjs": suite(migrationsFolder) };
    for (const [driver, entry] of Object.entries({
      "postgres.js": "with-test-db",
      "node-postgres": "with-test-db/pg",
    })) {
      for (const isEarly of [true, false]) {
        files[`vitest/${driver}-${isEarly}.test.mjs`] = inVitest(entry, isEarly);
        files[`jest/${driver}-${isEarly}.test.cjs`] = inJest(entry, isEarly);
      }
      files[`minified/${driver}.test.mjs`] = standing(entry, "", migrationsFolder);
      files[`ticks/${driver}.test.mjs`] = standing(entry, '{ toFake: ["nextTick"] }', migrationsFolder);
    }
    project = installedProject("fake-timers", PEERS, files);
  });
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    await own.drop();
  });

  const run = (program: string, ...args: string[]): string => {
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", program), ...args], {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, TEST_DB_IT: "1", TEST_DB_URL: targetUrl(own.target), NO_COLOR: "1" },
    });
    return stdout + stderr;
  };
  const vitest = (folder: string, pool: string): string =>
    run("vitest/vitest.mjs", "run", "--root", project, "--dir", folder, "--globals", "--pool", pool);

  it.each(["forks", "threads", "vmForks", "vmThreads"])(
    "all works in vitest's pool %s",
    { timeout: 60_000 },
    (pool) => {
      expect(vitest("vitest", pool)).toMatch(new RegExp(`Tests +${4 * TESTS} passed \\(`));
    },
  );

  it("all works in Jest, within its five seconds", { timeout: 60_000 }, () => {
    const args = ["--rootDir", project, "--testMatch", "<rootDir>/jest/*.test.cjs"];
    expect(run("jest/bin/jest.js", ...args)).toMatch(new RegExp(`Tests: +${4 * TESTS} passed, `));
  });

  it("an error says what to type where a driver's code is not known", { timeout: 120_000 }, () => {
    minify(join(project, "node_modules", "postgres"));
    expect(vitest("minified", "forks")).toMatch(/Tests +2 passed \(/);
  });

  it("an error says what to type where a test has Node's own streams wait", { timeout: 120_000 }, () => {
    expect(vitest("ticks", "threads")).toMatch(/Tests +2 passed \(/);
  });
});

/** The package as a bundler would leave it, in place of the link. */
function minify(installed: string): void {
  rmSync(installed);
  cpSync(join(root, "node_modules", "postgres"), installed, { recursive: true });
  for (const folder of ["src", "cjs/src"].map((part) => join(installed, part))) {
    for (const file of readdirSync(folder).map((name) => join(folder, name))) {
      writeFileSync(file, transformSync(readFileSync(file, "utf8"), { minify: true }).code);
    }
  }
}
