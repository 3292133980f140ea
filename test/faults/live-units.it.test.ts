/**
 * A unit in use is never swept, however long its client is idle and however crowded the server is: by the lock of its holder, by
 * its connections, or by its age. `IDLE_SECONDS=120` has clients idle for two minutes, and sweeps as calls do.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import { CONTROL_NAME } from "../../src/control/control.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { readStatus, type UnitStatus } from "../../src/janitor/read-status.ts";
import { sweepUnits } from "../../src/janitor/sweep-units.ts";
import { beginSweep } from "../../src/janitor/sweeping.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { fullServer } from "../support/full-server.ts";
import { openHome } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

const IDLE_SECONDS = Number(process.env["IDLE_SECONDS"] ?? 8);
/** How old a unit has to be for a sweep: younger than those here by half, as with two minutes and what is usual. */
const MIN_AGE = IDLE_SECONDS / 2;

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
/** Either driver, and what makes its connections idle for no longer than a second. */
const DRIVERS: readonly (readonly [call: typeof withTestDb, client: object])[] = [
  [withTestDb, { idle_timeout: 1 }],
  [withNodePostgres as unknown as typeof withTestDb, { idleTimeoutMillis: 1_000 }],
];

describe.skipIf(!isIntegrationEnabled())("a unit in use", { timeout: 90_000 + IDLE_SECONDS * 1_000 }, () => {
  const full = fullServer();
  /** One of each kind, with each driver. */
  const inUse: TestDb[] = [];
  /** Sessions in the homes of both kinds: on a crowded server, a sweep could not begin without. */
  const homes: Session[] = [];

  beforeAll(async () => {
    const { server, url } = full;
    for (const isolation of ["schema", "database"] as const) {
      for (const [call, client] of DRIVERS) {
        const unit = await call({
          schema: {},
          migrationsFolder,
          url,
          isolation,
          client: IDLE_SECONDS > 20 ? {} : client,
        });
        await unit.db.execute(sql`insert into t values (1)`);
        inUse.push(unit);
      }
      homes.push(await openHome(server.admin, inUse.at(-1) as TestDb));
    }
  });
  afterAll(() => Promise.all(homes.map((home) => home.close())));

  const nameOf = ({ schemaName, databaseName }: TestDb): string => schemaName ?? databaseName;
  const names = (): string[] => inUse.map(nameOf).sort();
  const units = async (): Promise<readonly UnitStatus[]> =>
    (await readStatus(full.server.admin)).units.filter(({ name }) => names().includes(name));

  /** What a sweep takes. */
  async function swept(): Promise<string[]> {
    const all: string[] = [];
    for (const session of homes) {
      const sweeping = beginSweep(session, { minAge: MIN_AGE, freeAge: 3600, homeAge: 3600 });
      await sweepUnits(sweeping);
      all.push(...sweeping.units, ...sweeping.databases, ...sweeping.records);
    }
    return all;
  }

  /** Nobody is connected any more, and so many seconds have passed. */
  async function idle(): Promise<void> {
    await sleep(IDLE_SECONDS * 1_000);
    await expect
      .poll(
        () =>
          full.server.admin.rows(
            "select application_name from pg_stat_activity where $1::jsonb ? application_name or $1::jsonb ? datname",
            [JSON.stringify(names())],
          ),
        SOON,
      )
      .toEqual([]);
  }

  it("has neither a lock nor a connection, and is left alone while the server is crowded", async () => {
    const { admin } = full.server;
    const allow = async (connections: boolean): Promise<void> => {
      for (const { target } of homes) {
        await admin.script(`alter database ${ident(target.database)} allow_connections ${connections}`);
      }
    };
    await allow(false);
    await admin.rows("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1::text", [
      CONTROL_NAME,
    ]);
    const held = await full.takeAllBut(homes.length + 1);
    await idle();
    expect(await swept()).toEqual([]);
    // once there is room, it has its lock before a sweep looks twice
    await allow(true);
    await Promise.all(held.map((session) => session.close()));
    expect(await swept()).toEqual([]);
    await expect.poll(async () => (await units()).map(({ alive }) => alive), SOON).toEqual(inUse.map(() => true));
  });

  it("has a lock and no connection, and is left alone", async () => {
    await idle();
    const each = { alive: true, connected: false, exists: true, state: "leased" };
    expect(await units()).toMatchObject(inUse.map(() => each));
    expect(await swept()).toEqual([]);
  });

  it("has a connection and no lock, and is left alone", async () => {
    for (const home of homes) await home.rows("update with_test_db.unit set holder = 1");
    const transactions = inUse.map(({ db }) => db.transaction(async () => void (await sleep(IDLE_SECONDS * 1_000))));
    await sleep(MIN_AGE * 1_000);
    expect(await swept()).toEqual([]);
    await Promise.all(transactions);
  });

  it("works as before, and goes like any other once its holder is gone", async () => {
    for (const { db } of inUse) await db.execute(sql`insert into t select count(*) from t having count(*) = 1`);
    for (const { db } of inUse) await db.execute(sql`select 1 / (count(*) = 2)::int from t`);
    await idle();
    expect((await swept()).sort()).toEqual(names());
    for (const unit of inUse) await expect(unit.dispose()).rejects.toMatchObject({ code: "UNIT_GONE" });
  });
});
