/** The package as it is installed, under each of vitest's pools; those called vm load modules into contexts of their own. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { installedProject, root } from "../support/installed-project.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const OWN = `it_pools_test_${Date.now().toString(36)}`;
const FILES = 3;

const SCHEMA = `import { pgTable, serial, text } from "drizzle-orm/pg-core";
export const things = pgTable("things", { id: serial().primaryKey(), name: text() });
`;

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
    expect(typeof window === "object").toBe(process.env.HAS_WINDOW === "true");
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
    const migrationsFolder = journalFolder({
      "0000_things": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text DEFAULT '${OWN}');`,
    });
    const files: Record<string, string> = { "package.json": '{ "type": "module" }', "schema.ts": SCHEMA };
    for (let file = 0; file < FILES; file++) files[`suite-${file}.it.test.ts`] = suite(migrationsFolder);
    const peers = ["drizzle-orm", "postgres", "vitest", "jsdom", "happy-dom"];
    project = installedProject("pools", peers, files);
  });
  afterAll(async () => {
    rmSync(project, { recursive: true, force: true });
    await own.drop();
  });

  describe.each(["node", "jsdom", "happy-dom"])("in the environment %s", (environment) => {
    it.each(["forks", "threads", "vmForks", "vmThreads"])(
      "a suite works in the pool %s",
      { timeout: 60_000 },
      (pool) => {
        const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
        const options = ["--root", project, "--pool", pool, "--environment", environment, "--hookTimeout=30000"];
        const run = spawnSync(process.execPath, [vitest, "run", ...options], {
          cwd: project,
          encoding: "utf8",
          env: {
            ...process.env,
            ...{ TEST_DB_IT: "1", TEST_DB_URL: targetUrl(own.target), NO_COLOR: "1" },
            HAS_WINDOW: String(environment !== "node"),
          },
        });
        expect(run.stdout + run.stderr).toMatch(new RegExp(`Tests +${FILES} passed`));
        expect(run.status).toBe(0);
      },
    );
  });
});
