/** Units that somebody asked to keep while a test had them: they stay when the test gives them up, whatever way, until they are dropped. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inSession, openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { readStatus, type UnitStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { forgetKept } from "../../src/kept/kept-notes.ts";
import { onDatabase } from "../../src/target/target.ts";
import { dropUnit } from "../../src/unit/drop-unit.ts";
import { keepUntilDropped } from "../../src/unit/keep-until-dropped.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const migrationsFolder = journalFolder({ "0000_t": 'CREATE TABLE "t" ("id" serial PRIMARY KEY, "note" text)' });

describe.skipIf(!isIntegrationEnabled())("a unit that is to be kept", () => {
  let own: OwnDatabase;
  let stderr: ReturnType<typeof vi.spyOn>;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_asked_${Date.now()}`);
    stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterAll(async () => {
    stderr.mockRestore();
    await own.drop();
  });

  const nameOf = ({ schemaName, databaseName }: TestDb): string => schemaName ?? databaseName;
  const statusOf = async (name: string): Promise<UnitStatus | undefined> =>
    (await inSession(own.target, readStatus)).units.find((unit) => unit.name === name);
  const inHome = async <T>(name: string, work: (home: Session) => Promise<T>): Promise<T> =>
    inSession(onDatabase(own.target, `${(await statusOf(name))?.home}`), work);
  const ask = (name: string): Promise<string> => inHome(name, (home) => keepUntilDropped(home, name));
  const drop = async (name: string): Promise<void> => {
    const isolation = (await statusOf(name))?.isolation ?? "schema";
    await inHome(name, (home) => dropUnit(home, { name, isolation }));
    forgetKept(name);
  };

  describe.each(["schema", "database"] as const)("%s", (isolation) => {
    const take = (options = {}): Promise<TestDb> =>
      withTestDb({ migrationsFolder, url: own.url, isolation, label: "asked", ...options });

    it.each([
      ["the pool", {}],
      ["being dropped", { reuse: false }],
    ])("is kept instead of %s, with its rows; then a sweep leaves it alone", async (_, options) => {
      const testDb = await take(options);
      const name = nameOf(testDb);
      await testDb.client`insert into t (note) values ('left')`;
      expect(await ask(name)).toBe("asked");
      expect(await statusOf(name)).toMatchObject({ state: "leased", keepAsked: true, keptUntil: null });
      await testDb.dispose();
      expect(await statusOf(name)).toMatchObject({
        state: "kept",
        exists: true,
        keptUntil: null,
        keptForSeconds: null,
      });
      await sweep(own.server, { secondLookAfter: 0 });
      const target =
        isolation === "schema" ? onDatabase(own.target, testDb.databaseName) : onDatabase(own.target, name);
      const session = await openSession(
        target,
        isolation === "schema" ? { search_path: name } : { search_path: "public" },
      );
      expect(await session.rows("select note from t")).toEqual([{ note: "left" }]);
      await session.close();
      // the next test has another one
      await (await take(options)).dispose();
      await drop(name);
      expect(await statusOf(name)).toBeUndefined();
    });

    it("stays to be kept over a reset, and is kept for good after one of a failed test", async () => {
      const testDb = await take({ keep: "on-failure" });
      const name = nameOf(testDb);
      await ask(name);
      await testDb.client`alter table t add column extra integer`;
      await testDb.reset();
      expect(await statusOf(name)).toMatchObject({ state: "leased", keepAsked: true });
      await testDb.reset({ failed: true });
      const kept = (await inSession(own.target, readStatus)).units.filter(({ state }) => state === "kept");
      expect(kept).toMatchObject([{ isolation, keptUntil: null }]);
      expect(kept[0]?.name).toMatch(/^it_asked_failed_/);
      expect(await statusOf(name)).toMatchObject({ state: "leased", keepAsked: false });
      await testDb.dispose();
      expect(await statusOf(name)).toBeUndefined();
      await drop(`${kept[0]?.name}`);
    });

    it("is kept though its process is gone", async () => {
      const testDb = await take();
      const name = nameOf(testDb);
      await ask(name);
      await testDb.client.end();
      await inHome(name, (home) =>
        home.rows(
          "update with_test_db.unit set holder = 1, leased_at = now() - interval '1 day' where name = $1::text",
          [name],
        ),
      );
      const plan = { secondLookAfter: 0, dryRun: true };
      const { units, databases } = await sweep(own.server, plan);
      expect([...units, ...databases]).not.toContain(name);
      // a sweep of all takes what is kept
      const all = await sweep(own.server, { ...plan, freeAge: 0 });
      expect([...all.units, ...all.databases]).toContain(name);
      await testDb.dispose();
      await drop(name);
    });
  });

  it("that was kept after a failure is kept for good", async () => {
    const testDb = await withTestDb({ migrationsFolder, url: own.url, label: "asked", keep: "on-failure" });
    const name = nameOf(testDb);
    await testDb.dispose({ failed: true });
    expect((await statusOf(name))?.keptForSeconds).toBeGreaterThan(7000);
    expect(await ask(name)).toBe("kept");
    expect(await statusOf(name)).toMatchObject({ state: "kept", keptUntil: null });
    await drop(name);
  });

  it("that was dropped is told of all the same", async () => {
    const testDb = await withTestDb({ migrationsFolder, url: own.url, label: "asked" });
    const name = nameOf(testDb);
    await ask(name);
    await inHome(name, (home) => home.script(`drop schema ${name} cascade`));
    await expect(testDb.dispose()).rejects.toMatchObject({ code: "UNIT_GONE" });
  });
});
