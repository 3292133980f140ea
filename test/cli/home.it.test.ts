/** `with-test-db home …` of the built package, in a project of its own. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropDatabase } from "../../src/control/databases.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { describeTarget } from "../../src/target/target.ts";
import { type Said, type } from "../support/command-line.ts";
import { installedProject } from "../support/installed-project.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const entry = { idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_plans", breakpoints: true };

describe.skipIf(!isIntegrationEnabled())("with-test-db home", () => {
  let own: OwnDatabase;
  const project = installedProject("home", ["drizzle-orm", "postgres"], {
    "drizzle/meta/_journal.json": JSON.stringify({ version: "7", dialect: "postgresql", entries: [entry] }),
    "drizzle/0000_plans.sql": "CREATE TABLE plans (code text); INSERT INTO plans VALUES ('free');",
  });
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_home_cli_${Date.now()}`);
  });
  afterAll(async () => {
    await sweep(own.server, { homeAge: 0, freeAge: 0, beside: databaseKey(own.target) });
    await own.drop();
    rmSync(project, { recursive: true, force: true });
  });

  const program = join(project, "node_modules/with-test-db/dist/cli.mjs");
  const say = (...args: string[]): Promise<Said> =>
    type(["home", ...args], { program, cwd: project, env: { TEST_DB_URL: own.url, NO_COLOR: "1" } });

  it("exports what the tests made, and imports it for the next run", async () => {
    const none = await say("export", "homes.gz");
    expect(none).toMatchObject({
      out: "",
      code: 2,
      err: expect.stringMatching(/^Nothing was exported\.\n.*code: HOME_FAILED\n$/s),
    });
    // whoever exports is in the project's folder, and so is whoever tests
    const migrationsFolder = join(project, "drizzle");
    const unit = await withTestDb({ schema: {}, migrationsFolder, url: own.url });
    await unit.dispose();
    const home = unit.databaseName;
    expect(await say("export", "homes.gz")).toEqual({ out: `exported ${home}\n`, err: "", code: 0 });
    // a folder is no file to write
    expect(await say("export", "drizzle")).toMatchObject({ code: 2, err: expect.stringContaining("HOME_FAILED") });
    expect(readdirSync(project).filter((name) => name.includes(".part"))).toEqual([]);
    await dropDatabase(own.server, home);
    expect(await say("import", "homes.gz")).toEqual({ out: `imported ${home}\n`, err: "", code: 0 });
    const server = describeTarget(own.target);
    expect(JSON.parse((await say("import", "homes.gz", "--json")).out)).toEqual({
      server,
      imported: [],
      left: [home],
      skipped: [],
    });
    const again = await withTestDb({ schema: {}, migrationsFolder, url: own.url });
    expect(await again.client`select code from plans`).toEqual([{ code: "free" }]);
    await again.dispose();
  });

  it("refuses a file that is damaged, or none", async () => {
    writeFileSync(join(project, "cut.gz"), readFileSync(join(project, "homes.gz")).subarray(0, 200));
    const cut = await say("import", "cut.gz", "--json");
    expect(cut).toMatchObject({ err: "", code: 2 });
    expect(JSON.parse(cut.out)).toMatchObject({
      error: { code: "HOME_FAILED", what: "No home was taken from cut.gz" },
    });
    expect(existsSync(join(project, "none.gz"))).toBe(false);
    expect(await say("import", "none.gz")).toMatchObject({ out: "", code: 2 });
  });

  it("prints a key without a server, which is another one for another file", async () => {
    const key = await say("key");
    expect(key).toEqual({ out: expect.stringMatching(/^[0-9a-f]{24}\n$/), err: "", code: 0 });
    expect((await say("key", "--also", "package.json")).out).not.toBe(key.out);
  });
});
