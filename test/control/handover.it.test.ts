import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { holdLock } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { CONTROL_FORMAT } from "../../src/control/control-format.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${Date.now()}')`,
});
const OWN = `it_handover_test_${Date.now().toString(36)}`;

describe.skipIf(!isIntegrationEnabled())("a control schema of another version", () => {
  let server: Session;
  let session: Session;
  let url: string;
  beforeAll(async () => {
    const target = await testTarget();
    server = await openSession(target);
    await server.script(`create database ${OWN}`);
    session = await openSession(onDatabase(target, OWN));
    url = targetUrl(onDatabase(target, OWN));
  });
  afterAll(async () => {
    await session.close();
    for (const name of await databases()) await server.script(`drop database ${name} with (force)`);
    await server.script(`drop database ${OWN} with (force)`);
    await server.close();
  });

  const databases = async (): Promise<string[]> => {
    const rows = await server.rows<{ name: string }>(
      `select d.datname as name from pg_database d join pg_database t on t.datname = $1::text
        where shobj_description(d.oid, 'pg_database') like '%"targetOid":"' || t.oid || '"%' order by 1`,
      [OWN],
    );
    return rows.map(({ name }) => name);
  };
  const schemas = async (): Promise<string[]> => {
    const rows = await session.rows<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'it\\_%' order by 1",
    );
    return rows.map(({ name }) => name);
  };
  /** Everybody's session is closed by then. */
  const quiet = (): Promise<void> =>
    expect
      .poll(
        () =>
          server.rows("select from pg_stat_activity where datname = $1::text and pid <> $2::int", [OWN, session.pid]),
        SOON,
      )
      .toEqual([]);

  /** What another version left: units in every state that there is, and a blueprint. */
  beforeEach(async () => {
    const kept = await withTestDb({ schema: {}, migrationsFolder, url, keep: true, label: "kept" });
    const unit = await withTestDb({ schema: {}, migrationsFolder, url, label: "left" });
    const database = await withTestDb({ schema: {}, migrationsFolder, url, isolation: "database", keep: true });
    for (const { dispose } of [kept, database]) await dispose();
    await unit.dispose();
    await quiet();
    await session.script(`
      update with_test_db.unit set state = 'leased', holder = 1, leased_at = now() - interval '1 hour' where state <> 'kept' or isolation = 'database';
      update with_test_db.format set version = 'another';`);
  });

  it("is taken over with all that it has records of, when nobody uses it", async () => {
    const before = await schemas();
    expect(before.length).toBeGreaterThan(1);
    const blueprints = (await databases()).filter((name) => name.startsWith("it_blueprint_"));
    expect(blueprints).toHaveLength(1);
    const testDb = await withTestDb({ schema: {}, migrationsFolder, url });
    expect(await testDb.client`select count(*)::int as n from t`).toEqual([{ n: 0 }]);
    await testDb.dispose();
    expect(await session.rows("select version from with_test_db.format")).toEqual([{ version: CONTROL_FORMAT }]);
    // what somebody wanted to look at is still there
    expect((await schemas()).filter((name) => before.includes(name))).toEqual([expect.stringMatching(/^it_kept_/)]);
    expect(await databases()).toEqual(blueprints);
    await quiet();
    await session.script(`drop schema ${before.find((name) => name.startsWith("it_kept"))} cascade`);
  });

  it.each([
    ["a process that holds units, or builds a blueprint", (other: Session) => holdLock(other, 4711)],
    [
      "a process that has just taken one",
      (other: Session) => other.rows("update with_test_db.unit set leased_at = now() where state = 'leased'"),
    ],
    [
      "a connection to a unit",
      (other: Session) =>
        other.rows(
          "select set_config('application_name', (select name from with_test_db.unit where state = 'leased' limit 1), false)",
        ),
    ],
  ])("is left alone while it is used by %s", async (_, use) => {
    const other = await openSession(session.target);
    try {
      await use(other);
      const before = [await schemas(), await databases()];
      await expect(withTestDb({ schema: {}, migrationsFolder, url })).rejects.toMatchObject({
        code: "CONTROL_SCHEMA_INVALID",
        message: expect.stringMatching(/^Another version of with-test-db is at work in /),
      });
      expect([await schemas(), await databases()]).toEqual(before);
      expect(await session.rows("select version from with_test_db.format")).toEqual([{ version: "another" }]);
    } finally {
      await other.close();
      await quiet();
      // for the next test, as this version's own
      await session.script(
        `update with_test_db.format set version = '${CONTROL_FORMAT}'; update with_test_db.unit set leased_at = '-infinity'`,
      );
    }
  });
});
