/** The lifecycle by itself, with hooks that are run by hand. What runners make of it is in idioms.it.test.ts. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled, type TestDb, type WithTestDbOptions, withTestDb } from "../../src/index.ts";
import { type FileOptions, HeldHooks, useUnit } from "../../src/runners/lifecycle.ts";
import { journalFolder } from "../support/migrations.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
const FILE = "/some/where/Things & more.it.test.ts";

function use(options: Partial<WithTestDbOptions> & FileOptions, more: Partial<HeldHooks> = {}) {
  const hooks = Object.assign(new HeldHooks(FILE), { environment: { URL: "before" } as NodeJS.ProcessEnv }, more);
  const unit = useUnit(hooks, (given: WithTestDbOptions) => withTestDb(given), { migrationsFolder, ...options });
  return { hooks, environment: hooks.environment, unit };
}

const NOWHERE = "postgres://nobody@the-unit-is-not-set.invalid:5432/nowhere";
const count = async ({ client }: TestDb): Promise<number> => (await client`select count(*)::int as n from t`)[0]?.["n"];

describe.skipIf(!isIntegrationEnabled())("useUnit()", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("names the unit after the file, and leads the application there until the file's end", async () => {
    const { hooks, environment, unit } = use({ env: { URL: "url", NAME: "database" }, isolation: "database" });
    const testDb = await unit;
    expect(testDb.databaseName).toMatch(/^it_things_more_[a-z0-9]{14}$/);
    expect(environment).toEqual({ URL: testDb.url, NAME: testDb.databaseName });
    await hooks.after();
    expect(environment).toEqual({ URL: "before" });
    await expect(testDb.reset()).rejects.toThrow("was disposed of");
  });

  it.each(["nothing", "reset", "truncate", "rollback"] as const)("has %s happen between tests", async (between) => {
    const { hooks, unit } = use({ between });
    const testDb = await unit;
    const seen: number[] = [];
    for (let test = 0; test < 3; test++) {
      await hooks.before(false);
      await testDb.client`insert into t values (${test})`;
      seen.push(await count(testDb));
      await hooks.between(undefined);
    }
    expect(seen).toEqual(between === "nothing" ? [1, 2, 3] : [1, 1, 1]);
    await hooks.after();
  });

  it("keeps what was written before the tests, where each of them is rolled back", async () => {
    const { hooks, unit } = use({ between: "rollback" });
    const testDb = await unit;
    await testDb.client`insert into t values (1)`;
    for (const _ of [1, 2]) {
      await hooks.before(false);
      await testDb.client`insert into t values (2)`;
      expect(await count(testDb)).toBe(2);
      await hooks.between(undefined);
    }
    expect(await count(testDb)).toBe(1);
    await hooks.after();
  });

  it("leaves tables that a test made, where rows are truncated between tests", async () => {
    const { hooks, unit } = use({ between: "truncate" });
    const testDb = await unit;
    await hooks.before(false);
    await testDb.client`create table made (id serial)`;
    await testDb.client`insert into made default values`;
    await hooks.between(undefined);
    await hooks.before(false);
    expect(await testDb.client`insert into made default values returning id`).toEqual([{ id: 1 }]);
    await hooks.between(undefined);
    await hooks.after();
  });

  it("takes a database where the application takes its URL apart, and refuses a schema", async () => {
    const { hooks, unit } = use({ env: { URL: "database" } });
    expect((await unit).isolation).toBe("database");
    await hooks.after();
    const refused = use({ env: { URL: "database" }, isolation: "schema" });
    await expect(refused.unit).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringContaining('isolation: "database"'),
    });
    expect(refused.environment).toEqual({ URL: "nowhere" });
  });

  it("lets an application reach nothing where no unit can be had, should the runner go on", async () => {
    const { environment, unit } = use({ env: "URL", migrationsFolder: "nowhere" });
    await expect(unit).rejects.toMatchObject({ code: "MIGRATIONS_NOT_FOUND" });
    expect(environment).toEqual({ URL: NOWHERE });
  });

  it("refuses what is none of its options' values, and passes others on to be checked", async () => {
    await expect(use({ between: "delete" as never }).unit).rejects.toMatchObject({ code: "OPTION_INVALID" });
    await expect(use({ env: "URL", between: "rollback" }).unit).rejects.toThrow('between: "reset"');
    await expect(use({ env: { A: "b" } as never }).unit).rejects.toMatchObject({ code: "OPTION_INVALID" });
    await expect(use({ betwen: "reset" } as object).unit).rejects.toThrow('did you mean "between"?');
    await expect(use({ isolaton: "schema" } as object).unit).rejects.toThrow('did you mean "isolation"?');
  });

  it("connects to nothing where the flag is off: what is used says so, and the application gets nowhere", async () => {
    vi.stubEnv("TEST_DB_IT", "");
    const { hooks, environment, unit } = use({ env: "URL", url: "postgres://nobody@127.0.0.1:1/none" });
    const testDb = await unit;
    expect(environment["URL"]).toBe("postgres://nobody@test-db-it-is-not-set.invalid:5432/nowhere");
    expect(() => testDb.db.select()).toThrow(expect.objectContaining({ code: "FLAG_UNSET" }));
    expect(() => testDb.reset()).toThrow("TEST_DB_IT=1 npm test");
    await hooks.before(false);
    await hooks.between(undefined);
    await hooks.after();
    expect(environment).toEqual({ URL: "before" });
  });

  it("takes no unit in a process that only starts others", async () => {
    const { environment, unit } = use({ env: "URL" }, { isOnlyStarting: true } as object);
    const testDb = await unit;
    expect(() => testDb.schemaName).toThrow("this process runs no tests");
    expect(environment).toEqual({ URL: "before" });
  });

  it.each(["reset", "truncate", "rollback"] as const)(
    "refuses tests that run side by side, with %s between them",
    async (between) => {
      const { hooks, unit } = use({ between });
      await unit;
      await expect(hooks.before(true)).rejects.toMatchObject({ code: "OPTION_INVALID" });
      await hooks.after();
    },
  );

  it("ends what the test before left open, where a hook of its file kept ours from running", async () => {
    const { hooks, unit } = use({ between: "rollback" });
    const testDb = await unit;
    await hooks.before(false);
    await testDb.client`insert into t values (1)`;
    await hooks.before(false);
    expect(await count(testDb)).toBe(0);
    await hooks.between(undefined);
    await hooks.after();
  });
});
