/**
 * Whatever SQL does to a unit, the next one is as the migrations made it: ways to change a unit, one by one. `PURITY_STEP=1` tries
 * all, not every third.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CatalogObject, readCatalog } from "../../src/catalog/read-catalog.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { settled } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { STEP, sampled } from "../support/sampled.ts";
import { testTarget } from "../support/target.ts";
import { smallZoo, WAYS, zoo } from "./purity-ways.ts";

const ROLE = `it_purity_${Date.now().toString(36)}`;

describe.skipIf(!isIntegrationEnabled())("the unit after one that was changed", () => {
  let server: Session;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(`create role ${ROLE} login createdb password 'known'`);
  });
  afterAll(async () => {
    await server.script(`drop role ${ROLE}`);
    await server.close();
  });

  describe.each([
    {
      who: "a superuser",
      user: undefined,
      migrations: zoo,
      ways: sampled(WAYS),
      enough: 220 / STEP,
    },
    // whose units are all made anew: fewer ways are enough
    {
      ...{ who: "a role that may only create databases", user: ROLE, migrations: smallZoo, enough: 90 / STEP },
      ways: sampled(WAYS, 2 * STEP),
    },
  ])("by $who", ({ user, migrations, ways, enough }) => {
    let target: Target;
    let home: Session;
    let fresh: CatalogObject[];
    let unit: TestDb<Record<string, never>>;
    let take: (reuse?: boolean) => Promise<TestDb<Record<string, never>>>;
    let worked = 0;

    beforeAll(async () => {
      target = user ? { ...server.target, user, password: "known" } : server.target;
      const migrationsFolder = journalFolder({ "0000_zoo": migrations(server.serverVersion) });
      const options = { schema: {}, migrationsFolder, isolation: "schema", url: targetUrl(target) } as const;
      take = (reuse = true) => withTestDb({ ...options, reuse });
      const first = await take(false);
      home = await openSession(onDatabase(target, first.databaseName));
      fresh = await contentOf(first);
      await first.dispose();
      unit = await take();
    });
    afterAll(async () => {
      await unit?.dispose();
      const { database } = home.target;
      await home.close();
      await server.script(`drop database ${database} with (force)`);
      // some ways don't work for everybody, or on every server
      expect(worked).toBeGreaterThan(enough);
    });

    async function contentOf({ schemaName }: TestDb<Record<string, never>>): Promise<CatalogObject[]> {
      const objects = await readCatalog(home, { schema: schemaName as string });
      return JSON.parse(JSON.stringify(objects).replaceAll(schemaName as string, "UNIT"));
    }

    it.each(ways)("is as the migrations made it: %s", async (sql) => {
      await unit.client.unsafe(sql.replaceAll("it_zoo", unit.schemaName as string)).then(
        () => worked++,
        () => {},
      );
      await unit.dispose().catch((error: { code: string }) => expect(error.code).toBe("UNIT_GONE"));
      await settled(home);
      unit = await take();
      expect(await contentOf(unit)).toEqual(fresh);
    });
  });
});
