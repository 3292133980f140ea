import { setTimeout } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TYPE "size" AS ENUM('s', 'm');--> statement-breakpoint
    CREATE TABLE "t" ("id" serial PRIMARY KEY, "sizes" "size"[], "made" text DEFAULT '${Date.now()}');`,
});
const options = { schema: {}, migrationsFolder, isolation: "schema", client: { max: 1 } } as const;
type Unit = TestDb;

describe.skipIf(!isIntegrationEnabled())("the connection of a unit", () => {
  let server: Session;
  let settled: Unit;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    // the control session stays, and every call takes the same way
    settled = await withTestDb(options);
  });
  afterAll(async () => {
    await settled.dispose();
    await server.close();
  });

  const pidOf = async ({ client }: Unit): Promise<number> => (await client`select pg_backend_pid() as pid`)[0]?.["pid"];

  /** Waits until the connection is on the shelf, or is gone. */
  async function put(pid: number): Promise<void> {
    await vi.waitFor(async () => {
      // a server process that waits for its client has answered it
      const [row] = await server.rows<{ name: string; waits: string | null }>(
        "select application_name as name, wait_event as waits from pg_stat_activity where pid = $1::int",
        [pid],
      );
      if (row) expect(row).toEqual({ name: "with-test-db idle", waits: "ClientRead" });
    }, SOON);
    // the answer is here, and is read in one of the next turns
    await setTimeout(20);
  }

  /** Disposes of a unit, and waits for its connection: one that is put back late could be another test's next one. */
  async function end(unit: Unit): Promise<void> {
    const pid = await pidOf(unit);
    await unit.dispose();
    await put(pid);
  }

  /** Uses a unit, and tells what the next one of the process gets. */
  async function after(use: (unit: Unit) => Promise<unknown>): Promise<{ next: Unit; same: boolean; first: Unit }> {
    const first = await withTestDb(options);
    const pid = await pidOf(first);
    await use(first);
    await first.dispose();
    await put(pid);
    const next = await withTestDb(options);
    return { next, same: (await pidOf(next)) === pid, first };
  }

  it("is used again by the next unit of the process, which sees itself only", async () => {
    const { next, same, first } = await after(({ client }) => client`insert into t (sizes) values ('{s}')`);
    expect(same).toBe(true);
    expect(await next.client`select current_schema() as schema, current_setting('application_name') as name`).toEqual([
      { schema: next.schemaName, name: next.schemaName },
    ]);
    expect(next.schemaName).not.toBe(first.schemaName);
    expect(await next.client`select * from t`).toEqual([]);
    await end(next);
  });

  it("fails loudly for who still has the client of before", async () => {
    const { next, first } = await after(async () => {});
    await expect(first.client`select 1`).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
    await end(next);
  });

  it("has nothing of what a session can be left with", async () => {
    const { next, same } = await after(async ({ client }) => {
      await client`set statement_timeout to 4321`;
      await client`set timezone to 'Asia/Tokyo'`;
      await client`create temp table left_over (id integer)`;
      await client`select pg_advisory_lock(815)`;
      await client`prepare left_plan as select 1`;
      await client`declare left_cursor cursor with hold for select 1`;
      await client`listen left_channel`;
      await client`select nextval('t_id_seq')`;
    });
    expect(same).toBe(true);
    const [row] = await next.client`
      select current_setting('statement_timeout') as timeout, current_setting('timezone') as zone,
             to_regclass('left_over') as temp, (select count(*)::int from pg_prepared_statements where name = 'left_plan') as plans,
             (select count(*)::int from pg_cursors where name = 'left_cursor') as cursors, (select count(*)::int from pg_listening_channels()) as channels,
             (select count(*)::int from pg_locks where locktype = 'advisory' and objid = 815 and pid = pg_backend_pid()) as locks`;
    const [fresh] = await server.rows<{ zone: string }>(
      "select reset_val as zone from pg_settings where name = 'TimeZone'",
    );
    expect(row).toEqual({ timeout: "0", zone: fresh?.zone, temp: null, plans: 0, cursors: 0, channels: 0, locks: 0 });
    await expect(next.client`select lastval()`).rejects.toMatchObject({ code: "55000" });
    await end(next);
  });

  it.each(
    Object.entries({
      "a setting of a made-up name": "set my.tenant to '7'",
      "a setting made by a function": "select set_config('my.tenant', '7', false)",
      "a seed": "select setseed(0.5)",
      "an open transaction": "begin",
      "a failed transaction": "do $$ begin raise 'x'; end $$",
    }),
  )("is not used again after %s, unless nothing of it is left", async (what, statement) => {
    const { next, same } = await after(async (unit) => {
      const client = what === "an open transaction" ? postgres(unit.url, { max: 1, onnotice: () => {} }) : unit.client;
      await client.unsafe(statement).catch(() => {});
      if (client !== unit.client) await client.end({ timeout: 0 });
    });
    expect(same).toBe(what.endsWith("transaction"));
    expect(await next.client`select current_setting('my.tenant', true) as tenant`).toEqual([{ tenant: null }]);
    await end(next);
  });

  it("is not used again when the client was cut off in mid-query", async () => {
    const { next, same } = await after(async ({ client }) => void client`select pg_sleep(20)`.catch(() => {}));
    expect(same).toBe(false);
    await end(next);
  });

  it("survives that the server ends it on the shelf", async () => {
    const first = await withTestDb(options);
    const pid = await pidOf(first);
    await first.dispose();
    await put(pid);
    expect(await server.rows("select pg_terminate_backend($1::int, 10000) as gone", [pid])).toEqual([{ gone: true }]);
    const next = await withTestDb(options);
    expect(await pidOf(next)).not.toBe(pid);
    await end(next);
  });

  it("cancels a query by its own key", async () => {
    const { next, same } = await after(async () => {});
    expect(same).toBe(true);
    const pid = await pidOf(next);
    const query = next.client`select pg_sleep(20)`;
    const cancelled = expect(query).rejects.toMatchObject({ code: "57014" });
    await vi.waitFor(async () => {
      const [row] = await server.rows("select wait_event as waits from pg_stat_activity where pid = $1::int", [pid]);
      expect(row).toEqual({ waits: "PgSleep" });
    }, SOON);
    query.cancel();
    await cancelled;
    await end(next);
  });

  it("knows the arrays of the unit's own types, and streams what is larger than a chunk", async () => {
    const { next } = await after(async () => {});
    await next.client`insert into t (sizes) values ('{s,m}')`;
    expect(await next.client`select sizes, array[1, 2] as numbers from t`).toEqual([
      { sizes: ["s", "m"], numbers: [1, 2] },
    ]);
    const [row] = await next.client`select repeat('x', 3000000) as long`;
    expect(row?.["long"]).toHaveLength(3_000_000);
    const [echo] = await next.client`select length(${"y".repeat(2_000_000)}::text) as n`;
    expect(echo?.["n"]).toBe(2_000_000);
    await end(next);
  });
});
