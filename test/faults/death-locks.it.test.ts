/** Locks that somebody else holds: whatever waits for one ends, well or with an error that says so. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { openSweepSession, sweep } from "../../src/janitor/sweep.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";
import { start } from "./crash-processes.ts";

const OWN = `it_lock_test_${Date.now().toString(36)}`;
const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t0" ("id" serial PRIMARY KEY, "x" text DEFAULT '${OWN}');`,
});
const CONTROL = ["home", "unit", "changed", "stray"].map((table) => `with_test_db.${table}`).join(", ");

describe.skipIf(!isIntegrationEnabled())("a lock that somebody else holds", () => {
  let own: OwnDatabase;
  let session: Session;
  let target: Target;
  let url: string;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN, openSweepSession);
    ({ session, target, url } = own);
  });
  afterAll(() => own.drop());

  const take = (isolation: "schema" | "database", reuse = true): Promise<TestDb> =>
    withTestDb({ schema: {}, migrationsFolder, url, isolation, reuse });

  /** Runs `use` while another session holds the lock in an open transaction. */
  async function locked(database: Target, tables: string, use: () => Promise<void>): Promise<void> {
    const other = await openSession(database, { application_name: "somebody else" });
    try {
      // what goes on in the background locks tables in another order; one of the two is turned away then
      await vi.waitFor(() => other.script(`rollback; begin; lock table ${tables} in access exclusive mode`), SOON);
      await use();
    } finally {
      await other.close();
    }
  }

  it.each([true, false])("on a table of a unit: reset() says so, and dispose() ends it (reuse: %s)", async (reuse) => {
    const testDb = await take("schema", reuse);
    await testDb.client`insert into t0 default values`;
    const home = onDatabase(target, testDb.databaseName);
    await locked(home, `${testDb.schemaName}.t0`, async () => {
      await expect(testDb.reset()).rejects.toMatchObject({ code: "RESET_FAILED" });
      await testDb.dispose();
    });
    expect((await readStatus(session)).units.map(({ name }) => name)).not.toContain(testDb.schemaName);
  });

  it("on a table of a unit that is a database: reset() and dispose() end it", async () => {
    const testDb = await take("database");
    const inside = onDatabase(target, testDb.databaseName);
    await locked(inside, "public.t0", () => testDb.reset());
    await locked(inside, "public.t0", () => testDb.dispose());
    expect(
      await session.rows("select 1 as found from pg_database where datname = $1::text", [testDb.databaseName]),
    ).toEqual([]);
  });

  it("on a table of a unit that was left: a sweep leaves that one, and takes the others", async () => {
    const program = start(["crash-live.mjs", url, migrationsFolder]);
    const [schema, database] = JSON.parse(await program.says(/^\[/)) as [string, string];
    program.child.kill("SIGKILL");
    await program.ended;
    await expect
      .poll(
        () =>
          session.rows("select 1 from pg_stat_activity where application_name in ($1::text, $2::text)", [
            schema,
            database,
          ]),
        SOON,
      )
      .toEqual([]);
    const { units } = await readStatus(session);
    const home = units.find(({ name }) => name === schema)?.home ?? "";
    await locked(onDatabase(target, home), `${schema}.t0`, async () => {
      await expect
        .poll(() => sweep(session, { minAge: 0 }), SOON)
        .toMatchObject({ units: [], databases: [database], failures: [] });
    });
    await expect.poll(() => sweep(session, { minAge: 0 }), SOON).toMatchObject({ units: [schema], failures: [] });
  });

  it("on our own tables: every call ends with an error that says so, and all is well afterwards", {
    timeout: 120_000,
  }, async () => {
    const units = [await take("schema"), await take("database")];
    const idle = await take("schema");
    const homes = (await readStatus(session)).homes.map(({ name }) => onDatabase(target, name));
    const lockAll = ([home, ...others]: readonly Target[], use: () => Promise<void>): Promise<void> =>
      home ? locked(home, CONTROL, () => lockAll(others, use)) : use();
    await lockAll(homes, async () => {
      await Promise.all([
        expect(take("schema")).rejects.toMatchObject({ code: "UNIT_FAILED" }),
        expect(idle.reset()).rejects.toMatchObject({ code: "RESET_FAILED" }),
        expect(sweep(session, { minAge: 0 })).rejects.toMatchObject({ code: "SWEEP_FAILED" }),
        ...units.map((unit) => expect(unit.dispose()).rejects.toMatchObject({ code: "DISPOSE_FAILED" })),
      ]);
      // what is no business of those tables goes on
      await idle.client`insert into t0 default values`;
    });
    await idle.reset();
    await idle.dispose();
    await (await take("schema")).dispose();
    // what could not be given up goes with a sweep, once this process has given back its locks
    await vi.waitFor(async () => {
      await sweep(session, { minAge: 0 });
      expect((await readStatus(session)).units.filter(({ state }) => state === "leased")).toEqual([]);
    }, SOON);
  });
});
