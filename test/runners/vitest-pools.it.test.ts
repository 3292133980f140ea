/** The package as it is installed, under each of vitest's pools; those called vm load modules into contexts of their own. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const OWN = `it_pools_test_${Date.now().toString(36)}`;
const FILES = 3;

const suite = (migrationsFolder: string): string => `
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import * as schema from "./schema.ts";

describe.skipIf(!isIntegrationEnabled())("a suite", () => {
  let testDb;
  beforeAll(async () => {
    testDb = await withTestDb({ schema, migrationsFolder: ${JSON.stringify(migrationsFolder)} });
  });
  afterAll(() => testDb?.dispose());
  it("has its table", async () => {
    await testDb.db.insert(schema.things).values({ name: "one" });
    expect(await testDb.db.query.things.findMany()).toEqual([{ id: 1, name: "one" }]);
  });
});
`;

describe.skipIf(!isIntegrationEnabled())("under vitest", () => {
  let own: OwnDatabase;
  let project: string;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    project = mkdtempSync(join(tmpdir(), "with-test-db-pools-"));
    const installed = join(project, "node_modules", "with-test-db");
    mkdirSync(installed, { recursive: true });
    for (const part of ["dist", "package.json"]) cpSync(join(root, part), join(installed, part), { recursive: true });
    for (const peer of ["drizzle-orm", "postgres", "vitest"]) {
      symlinkSync(join(root, "node_modules", peer), join(project, "node_modules", peer), "junction");
    }
    const migrationsFolder = journalFolder({
      "0000_things": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text DEFAULT '${OWN}');`,
    });
    writeFileSync(join(project, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(project, "schema.ts"),
      `import { pgTable, serial, text } from "drizzle-orm/pg-core";
export const things = pgTable("things", { id: serial().primaryKey(), name: text() });
`,
    );
    for (let file = 0; file < FILES; file++) {
      writeFileSync(join(project, `suite-${file}.it.test.ts`), suite(migrationsFolder));
    }
  });
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    await own.drop();
  });

  it.each(["forks", "threads", "vmForks", "vmThreads"])("a suite works in the pool %s", { timeout: 60_000 }, (pool) => {
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
    const run = spawnSync(process.execPath, [vitest, "run", "--root", project, "--pool", pool, "--hookTimeout=30000"], {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, TEST_DB_IT: "1", TEST_DB_URL: targetUrl(own.target), NO_COLOR: "1" },
    });
    expect(run.stdout + run.stderr).toMatch(new RegExp(`Tests +${FILES} passed`));
    expect(run.status).toBe(0);
  });
});
