import type { Sql } from "postgres";
import { describe, expect, it } from "vitest";
import { blueprintLock, holdLock } from "../../src/connections/advisory-lock.ts";
import { openSession } from "../../src/connections/session.ts";
import { postgresJs } from "../../src/drivers/postgres-js.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { drizzleVersion } from "../../src/migrations/drizzle-version.ts";
import { fingerprintOf, recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { readMigrations } from "../../src/migrations/read.ts";
import type { Opening } from "../../src/postgres/unit-socket.ts";
import { fullServer, MAY_GIVE_WAY, pidOf, SETTINGS } from "../support/full-server.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

describe.skipIf(!isIntegrationEnabled())("on a server with twelve connections, a process", () => {
  const full = fullServer();

  it("waits for a blueprint that another process builds for as long as the deadline says, and without a connection", async () => {
    const { url } = full;
    const folder = journalFolder({ "0000_t": "CREATE TABLE built_elsewhere (id integer)" });
    await withTestDb({ schema: {}, migrationsFolder, url }, async () => {});
    const builder = full.kept(await openSession(full.server.target));
    const recipeKey = recipeKeyOf({
      migrations: readMigrations(folder),
      drizzleVersion,
      prepare: undefined,
      seed: undefined,
    });
    const lock = blueprintLock(await fingerprintOf(builder, recipeKey));
    expect(await holdLock(builder, lock)).toBe(true);
    await expect(withTestDb({ schema: {}, migrationsFolder: folder, url, deadline: 600 })).rejects.toMatchObject({
      code: "UNIT_FAILED",
      message: expect.stringContaining("another process builds it, and has not come to an end"),
    });
    const many = Promise.all(
      Array.from({ length: 30 }, () => withTestDb({ schema: {}, migrationsFolder: folder, url }, async () => {})),
    );
    const connections = async (): Promise<unknown> =>
      (
        await full.server.admin.rows<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'",
        )
      )[0]?.n;
    // ours, the builder's, and one control session for all thirty
    await expect.poll(connections, SOON).toBe(3);
    await builder.close();
    await many;
  });

  const clientOn = async (): Promise<Sql> =>
    full.kept(await postgresJs({}, { max: 1 }).connect(full.server.target, SETTINGS, MAY_GIVE_WAY)).context.client;
  const textOf = async (client: Sql, text: string): Promise<unknown> => (await client.unsafe(text).values())[0]?.[0];

  it("leaves a connection alone that it gave to another, when it ends itself", async () => {
    await full.takeAllBut(1);
    // one of twenty is left to other processes
    for (let attempt = 1; ; attempt++) {
      const giver = await postgresJs({}, { max: 1 }).connect(full.server.target, SETTINGS, MAY_GIVE_WAY);
      const given = await pidOf(giver);
      const taker = await postgresJs({}, { max: 1 }).connect(full.server.target, SETTINGS, MAY_GIVE_WAY);
      const taken = await pidOf(taker);
      await giver.close();
      const still = await pidOf(taker);
      await taker.close();
      expect(still).toBe(taken);
      if (taken === given) return;
      expect(attempt).toBeLessThan(15);
    }
  });

  it("does not take a connection that holds what its user may come back to", async () => {
    const saying: Record<string, string> = {
      "a setting": "set statement_timeout to '9s'",
      "a setting after a query": "select 1; set lock_timeout to '8s'",
      "a temporary table": "create temp table scratch (id integer)",
      "a prepared statement": "prepare later as select 1",
      "a channel": "listen news",
      "a lock": "select pg_advisory_lock(4711)",
      "a made-up setting": "select set_config('app.user', 'me', false)",
    };
    const holders = await Promise.all(
      Object.values(saying).map(async (text) => {
        const client = await clientOn();
        await textOf(client, text);
        return { client, pid: await textOf(client, "select pg_backend_pid()") };
      }),
    );
    const inTransaction = await clientOn();
    const reserved = await inTransaction.reserve();
    await reserved.unsafe("begin");
    const reading = await clientOn();
    const rows: unknown[] = [];
    const cursor = reading.unsafe("select generate_series(1, 4) as n").cursor(2)[Symbol.asyncIterator]();
    rows.push(...((await cursor.next()).value ?? []));
    await full.takeAllBut(holders.length + 2);

    await expect(openSession({ ...full.server.target, deadline: 4_000 })).rejects.toMatchObject({
      code: "SERVER_FULL",
    });

    for (const { client, pid } of holders) expect(await textOf(client, "select pg_backend_pid()")).toBe(pid);
    expect(await textOf(holders[0]?.client as Sql, "show statement_timeout")).toBe("9s");
    await reserved.unsafe("commit");
    reserved.release();
    for (let next = await cursor.next(); !next.done; next = await cursor.next()) rows.push(...next.value);
    expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
  });

  it("takes one on which updates, transactions and statements with names were run, and those go on", async () => {
    const client = await clientOn();
    await client`create table if not exists counters (id integer, n integer)`;
    const add = (sql: Sql, n: number): Promise<unknown> => sql`update counters set n = n + ${n} where id = 1`;
    const read = async (sql: Sql): Promise<unknown> => (await sql`select n from counters where id = ${1}`)[0]?.["n"];
    await client`insert into counters values (1, 0)`;
    await client.begin("isolation level serializable", (sql) => add(sql as unknown as Sql, 1));
    await client.begin(async (sql) => {
      await sql`set local statement_timeout to '5s'`;
      await sql`set transaction read write`;
    });
    expect(await read(client)).toBe(1);
    const before = await textOf(client, "select pg_backend_pid()");
    const held = await full.takeAllBut(1);
    const waited = full.kept(await openSession(full.server.target));
    await held[0]?.close();
    // the first that is said to the new connection is a transaction with a statement that it never heard the text of
    await client.begin(async (sql) => {
      await add(sql as unknown as Sql, 2);
      expect(await read(sql as unknown as Sql)).toBe(3);
    });
    expect(await textOf(client, "select pg_backend_pid()")).not.toBe(before);
    await client`drop table counters`;
    await waited.close();
  });

  it("logs in again without its opening, and says good-bye on no connection but its own", async () => {
    let openings = 0;
    const opening: Opening = async (ask) => {
      openings++;
      await ask("select 1");
      return undefined;
    };
    const sleeper = full.kept(
      await postgresJs({}, { max: 1 }).connect(full.server.target, SETTINGS, { ...MAY_GIVE_WAY, opening }),
    );
    await sleeper.opened;
    const before = await pidOf(sleeper);
    const held = await full.takeAllBut(0);
    await held[0]?.close();
    expect(await pidOf(sleeper)).not.toBe(before);
    full.kept(await openSession(full.server.target));
    // nobody is asked, since it has no connection
    expect(await sleeper.close(0, { query: "select 'farewell'" })).toBeUndefined();
    expect(openings).toBe(1);
  });

  it("has its connection back by itself once it may not be without", async () => {
    let maySleep = true;
    const sleeper = full.kept(
      await postgresJs({}, { max: 1 }).connect(full.server.target, SETTINGS, { maySleep: () => maySleep }),
    );
    const before = await pidOf(sleeper);
    const held = await full.takeAllBut(0);
    maySleep = false;
    await held[0]?.close();
    const others = "select pid from pg_stat_activity where application_name = 'budget'";
    await expect.poll(() => full.server.admin.rows(others), { timeout: 20_000 }).toHaveLength(1);
    const [back] = await full.server.admin.rows<{ pid: number }>(others);
    expect(back?.pid).not.toBe(before);
    expect(await pidOf(sleeper)).toBe(back?.pid);
  });
});
