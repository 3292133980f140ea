/** The session that says we are alive: what becomes of units where it can't be had, is lost, or its answer is. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { CONTROL_NAME } from "../../src/control/control.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { homeName, recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { openRelay, type Relay } from "../support/relay.ts";
import { SOON } from "../support/soon.ts";

const OWN = `it_control_test_${Date.now().toString(36)}`;
const migrationsFolder = journalFolder({ "0000_t": `CREATE TABLE "t" ("id" integer, "made" text DEFAULT '${OWN}');` });

describe.skipIf(!isIntegrationEnabled())("the control session", () => {
  let own: OwnDatabase;
  let home: Session;
  let relay: Relay;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    await withTestDb({ schema: {}, migrationsFolder, url: own.url }, () => {});
    const name = homeName(recipeKeyOf(readMigrations(migrationsFolder)), own.target, "auto");
    home = await openSession(onDatabase(own.target, name));
    // a sweep that is due would open the session at once
    await vi.waitFor(async () => {
      const rows = await home.rows("select 1 as one from with_test_db.unit where state = 'free'");
      expect(rows).toHaveLength(1);
    }, SOON);
    await home.script("update with_test_db.home set swept_at = now() + interval '1 hour'");
  });
  afterAll(async () => {
    await home?.close();
    await own?.drop();
  });
  beforeEach(async () => {
    relay = await openRelay(own.target);
  });
  afterEach(() => relay.close());

  const through = () => withTestDb({ schema: {}, migrationsFolder, url: relay.url });

  it("is asked for anew by a unit that could not have it before", async () => {
    const testDb = await through();
    relay.isClosed = true;
    // without a connection of its own the unit is reset with the control session
    await testDb.client.end();
    await expect(testDb.reset()).rejects.toThrow("could not be reset");
    relay.isClosed = false;
    await vi.waitFor(() => testDb.reset(), SOON);
    await testDb.dispose();
  });

  it("has its lock again once the server has missed the connection that had it", async () => {
    const testDb = await through();
    await testDb.client.end();
    await testDb.reset();
    const isAlive = async (): Promise<boolean | undefined> =>
      (await readStatus(own.session)).units.find(({ name }) => name === testDb.schemaName)?.alive;
    const blocker = await openSession(home.target);
    await blocker.script("begin; lock table with_test_db.unit in access exclusive mode");
    const lost = expect(testDb.reset()).rejects.toThrow();
    // its process on the server waits for the table, and hears of nothing meanwhile
    await vi.waitFor(async () => {
      const waiting = await home.rows<{ pid: number }>(
        "select pid from pg_stat_activity where application_name = $1::text and wait_event_type = 'Lock' and datname = current_database()",
        [CONTROL_NAME],
      );
      expect(waiting).toHaveLength(1);
    }, SOON);
    const before = relay.passages.length;
    for (const { name, cut } of relay.passages) if (name === CONTROL_NAME) cut();
    await lost;
    // the next one is there, and in vain
    await vi.waitFor(() => expect(relay.passages.slice(before).map(({ name }) => name)).toContain(CONTROL_NAME), SOON);
    await sleep(500);
    await blocker.script("rollback");
    await blocker.close();
    await vi.waitFor(async () => expect(await isAlive()).toBe(true), SOON);
    await testDb.dispose();
  });

  it("takes another unit where the answer to a first lease was lost, and drops that one", async () => {
    // no call has a session: the lease is the unit's own connection's
    await vi.waitFor(async () => {
      const rows = await home.rows(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
      );
      expect(rows).toEqual([]);
    }, SOON);
    let lost = 0;
    relay.onAnswer = ({ cut }, answer) => {
      if (lost > 0 || !answer.includes('"how"')) return;
      lost++;
      cut();
    };
    const testDb = await withTestDb({ schema: {}, migrationsFolder, url: relay.url, label: "lost" });
    expect(await testDb.client`select count(*)::int as n from t`).toEqual([{ n: 0 }]);
    await testDb.dispose();
    expect(lost).toBe(1);
    const named = "select name from with_test_db.unit where name like 'it\\_lost%'";
    await vi.waitFor(async () => expect(await home.rows(named)).toEqual([]), SOON);
  });
});
