/** Units that are databases. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blueprintLock, tryLock } from "../../src/connections/advisory-lock.ts";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const OWN = `it_database_test_${Date.now().toString(36)}`;
const migrationsFolder = journalFolder({ "0000_t": `CREATE TABLE "t" ("made" text DEFAULT '${OWN}');` });

describe.skipIf(!isIntegrationEnabled())("a unit that is a database", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
  });
  afterAll(() => own.drop());
  const call = () => withTestDb({ schema: {}, migrationsFolder, url: own.url, isolation: "database" });

  it("waits for whoever reads its blueprint to make a replay of it, and not for anybody else", {
    timeout: 60_000,
  }, async () => {
    await (await call()).dispose();
    const [blueprint] = await own.session.rows<{ name: string; fingerprint: string }>(
      "select database_name as name, fingerprint from with_test_db.blueprint",
    );
    if (!blueprint) throw new Error("there is no blueprint");
    const reader = await openSession(onDatabase(own.target, blueprint.name));
    // Postgres itself waits for five seconds
    await expect(call()).rejects.toThrow(/is being accessed by other users|could not be made/);
    let isMade = false;
    const making: Promise<number>[] = [];
    await tryLock(own.session, blueprintLock(blueprint.fingerprint), async () => {
      const rows = call().then(async ({ client, dispose }) => {
        isMade = true;
        const [row] = await client<{ n: number }[]>`select count(*)::int as n from t`;
        await dispose();
        return row?.n ?? -1;
      });
      rows.catch(() => {});
      making.push(rows);
      await sleep(7_000);
      expect(isMade).toBe(false);
      await reader.close();
    });
    expect(await Promise.all(making)).toEqual([0]);
  });
});
