/** The pool of a user who is no superuser: what it may not see or turn off must not get to the next user either. */
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase } from "../../src/control/databases.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { settled } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const ID = Date.now().toString(36);
const [APP, OTHER, DATABASE] = [`it_app_${ID}`, `it_other_${ID}`, `it_pool_roles_${ID}`];

describe.skipIf(!isIntegrationEnabled())("the pool of a user without privileges", () => {
  let server: Session;
  let session: Session;
  let target: Target;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(
      `create role ${APP} login createdb password 'app'; create role ${OTHER} login password 'other'`,
    );
    await server.script(`create database ${DATABASE} owner ${APP}`);
    target = { ...onDatabase(server.target, DATABASE), user: APP, password: "app" };
    session = await openSession(target);
  });
  afterAll(async () => {
    await session.close();
    await dropDatabase(server, DATABASE);
    const homes = await server.rows<{ name: string }>(
      "select datname as name from pg_database where pg_get_userbyid(datdba) = $1::text",
      [APP],
    );
    for (const { name } of homes) await dropDatabase(server, name);
    await server.script(`drop role ${OTHER}; drop role ${APP}`);
    await server.close();
  });

  const call = (migrationsFolder: string) =>
    withTestDb({ schema: {}, migrationsFolder, url: targetUrl(target), isolation: "schema" });
  const states = async (home: Session): Promise<unknown[]> =>
    (await home.rows<{ state: string }>("select state from with_test_db.unit order by 1")).map(({ state }) => state);

  it("keeps a unit to itself while another role's query is still in it", { timeout: 30_000 }, async () => {
    const migrationsFolder = journalFolder({
      "0000_t": `CREATE TABLE "t" ("id" integer, "made" text DEFAULT '${ID}');--> statement-breakpoint
GRANT INSERT ON "t" TO ${OTHER};`,
    });
    const testDb = await call(migrationsFolder);
    const home = await openSession(onDatabase(target, testDb.databaseName));
    // the other role is let in, as by a suite that tests roles
    await home.script(
      `grant connect on database ${testDb.databaseName} to ${OTHER}; grant usage on schema ${testDb.schemaName} to ${OTHER}`,
    );
    const { host, port } = target;
    const { databaseName: database } = testDb;
    const other = postgres({
      ...{ host: [host], port: [port], database, user: OTHER, password: "other", max: 1, onnotice() {} },
      connection: { search_path: testDb.schemaName ?? "", application_name: "somebody" },
    } as object);
    // it is in the table, and writes when it is let
    await home.rows("select pg_advisory_lock(1)");
    const writing = expect(
      other`insert into t (id) select 1 from (select pg_advisory_xact_lock(1)) as held`.then(() => "written"),
    ).resolves.toBe("written");
    const isIn = "select pid from pg_locks where locktype = 'advisory' and objid = 1 and not granted";
    await vi.waitFor(async () => expect(await home.rows(isIn)).toHaveLength(1), SOON);
    await testDb.dispose();
    await vi.waitFor(async () => expect(await states(home)).toContain("returned"), SOON);
    // the proof gives up after a while, since nobody may send it off
    await sleep(1_000);
    const next = await call(migrationsFolder);
    await home.rows("select pg_advisory_unlock(1)");
    await writing;
    await other.end();
    expect(await next.client`select count(*)::int as n from t`).toEqual([{ n: 0 }]);
    await next.dispose();
    await home.close();
  });

  it("hands out no rows that a rule wrote when the seeds were put back", async () => {
    const migrationsFolder = journalFolder({
      "0000_t": `CREATE TABLE "kinds" ("id" integer, "made" text DEFAULT '${ID}');--> statement-breakpoint
CREATE TABLE "log" ("id" integer);--> statement-breakpoint
INSERT INTO "kinds" ("id") VALUES (1), (2);--> statement-breakpoint
CREATE RULE "r" AS ON INSERT TO "kinds" DO ALSO INSERT INTO "log" VALUES (NEW.id);`,
    });
    for (let user = 0; user < 3; user++) {
      const testDb = await call(migrationsFolder);
      const logged = () => testDb.client`select count(*)::int as n from log`;
      expect(await logged()).toEqual([{ n: 0 }]);
      await testDb.client`update kinds set made = 'x'`;
      if (user === 0) {
        await testDb.reset();
        expect(await logged()).toEqual([{ n: 0 }]);
        await testDb.client`update kinds set made = 'x'`;
      }
      await testDb.dispose();
      const home = await openSession(onDatabase(target, testDb.databaseName));
      await settled(home);
      await home.close();
    }
  });
});
