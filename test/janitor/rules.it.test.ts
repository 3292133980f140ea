/** What keeps a sweep from dropping, what does not, and how it gets through what is too much at once. */
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { holdLock } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { createEmptyDatabase, type Mark } from "../../src/control/databases.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import type { Swept } from "../../src/janitor/sweeping.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({ "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY)` });
const NOTHING: Swept = { units: [], databases: [], records: [], failures: [] };
const NOW = { minAge: 0, secondLookAfter: 0 };
/** So few that a dozen tables fill the server's table of locks. */
const SETTINGS = { max_locks_per_transaction: "10", max_connections: "20", max_wal_senders: "0" };

const binaries = findBinaries(18);
if ("missing" in binaries)
  process.stderr.write(
    `SKIPPED: what a sweep does where locks are few needs a server of its own, and ${binaries.missing}\n`,
  );

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("the rules of a sweep", () => {
  let server: TestServer;
  let target: Target;
  let session: Session;
  /** In the database in which the units live. */
  let home: Session;
  beforeAll(async () => {
    server = await startServer({ major: 18, settings: SETTINGS });
    target = server.target;
    session = await openSession(target);
    const name = await withTestDb(
      { schema: {}, migrationsFolder, url: targetUrl(target) },
      (unit) => unit.databaseName,
    );
    home = await openSession(onDatabase(target, name));
    await settled();
  });
  afterAll(async () => {
    await home.close();
    await session.close();
    await server.stop();
  });

  /** A unit of a dead process's, with tables of its own, made a few at a time. */
  async function deadUnit(name: string, tables: number, state = "leased"): Promise<void> {
    await home.script(`
      insert into with_test_db.unit (name, holder, state) values ('${name}', ${randomInt(1, 2 ** 31 - 1)}, '${state}');
      create schema ${name}`);
    for (let made = 0; made < tables; made += 10) {
      const some = Array.from({ length: Math.min(10, tables - made) }, (_, n) => made + n);
      await home.script(
        some.map((n) => `create table ${name}.t${n} (id serial primary key, words text unique)`).join(";"),
      );
    }
  }

  /** What calls do in the background is done, and their sessions are closed. */
  const settled = (): Promise<void> =>
    vi.waitFor(async () => {
      const others = await server.admin.rows(
        "select application_name from pg_stat_activity where backend_type = 'client backend' and pid not in ($1::int, $2::int, $3::int)",
        [server.admin.pid, session.pid, home.pid],
      );
      expect(others).toEqual([]);
    }, SOON);

  /** What no test made: it would be dropped as such. */
  const quietly = (sql: string): Promise<void> =>
    home.script(`begin; set local with_test_db.quiet to on; ${sql}; commit`);

  const exists = async (name: string): Promise<boolean> =>
    (
      await home.rows(
        "select 1 as found from pg_namespace where nspname = $1::text union all select 1 from pg_database where datname = $1::text",
        [name],
      )
    ).length > 0;

  it("hundreds of units go, however few locks the server has", { timeout: 120_000 }, async () => {
    const names = Array.from({ length: 300 }, (_, n) => `it_many_${n}`);
    for (const name of names) await deadUnit(name, 4);
    // all of them at once are more than it can lock
    await expect(home.script(names.map((name) => `drop schema ${name} cascade`).join(";"))).rejects.toThrow(
      /shared memory/,
    );
    const { units, ...rest } = await sweep(session, NOW);
    expect([...units].sort()).toEqual([...names].sort());
    expect(rest).toMatchObject({ databases: [], records: [], failures: [] });
  });

  it("one that is too large for a transaction goes in parts", async () => {
    await deadUnit("it_large", 400);
    await home.script(`
      create view it_large.seen as select * from it_large.t0;
      create table it_large.parent (at integer) partition by range (at);
      create table it_large.child partition of it_large.parent for values from (0) to (10);
      alter table it_large.t1 add constraint refers foreign key (id) references it_large.t2 (id)`);
    await expect(home.script("drop schema it_large cascade")).rejects.toThrow(/shared memory/);
    expect(await sweep(session, { ...NOW, dryRun: true })).toEqual({ ...NOTHING, units: ["it_large"] });
    expect(await sweep(session, NOW)).toEqual({ ...NOTHING, units: ["it_large"] });
    expect(await exists("it_large")).toBe(false);
  });

  it("one that can't be dropped is named, and keeps none of the others", async () => {
    await deadUnit("it_a", 1);
    await deadUnit("it_b", 1);
    await quietly(`
      create function public.refuse() returns event_trigger language plpgsql as $$ begin
        if exists (select from pg_event_trigger_dropped_objects() where schema_name = 'it_a') then raise exception 'not this one'; end if;
      end $$;
      create event trigger refuse on sql_drop execute function public.refuse()`);
    const swept = await sweep(session, NOW);
    expect(swept).toEqual({
      ...NOTHING,
      units: ["it_b"],
      failures: [{ name: "it_a", why: expect.stringContaining("not this one") }],
    });
    await quietly("drop event trigger refuse; drop function public.refuse()");
    expect(await sweep(session, NOW)).toEqual({ ...NOTHING, units: ["it_a"] });
  });

  it("a unit on its way back to the pool goes, if whoever had it is gone", async () => {
    await deadUnit("it_pool_returned", 1, "returned");
    expect(await sweep(session)).toEqual(NOTHING);
    expect(await sweep(session, NOW)).toEqual({ ...NOTHING, units: ["it_pool_returned"] });
  });

  it("one whose holder's lock is held stays, whoever asks", async () => {
    await deadUnit("it_held", 1);
    const [unit] = await home.rows<{ holder: number }>("select holder from with_test_db.unit where name = 'it_held'");
    const holder = await openSession(home.target);
    expect(await holdLock(holder, unit?.holder ?? 0)).toBe(true);
    expect(await sweep(session, { minAge: 0, freeAge: 0, homeAge: 3600 })).toMatchObject({ failures: [] });
    expect(await exists("it_held")).toBe(true);
    await holder.close();
    await expect.poll(() => sweep(session, NOW), SOON).toMatchObject({ units: ["it_held"] });
  });

  it("a schema without a record stays; a record without its schema goes", async () => {
    await quietly("create schema it_unrecorded");
    await deadUnit("it_gone", 0);
    await home.script("drop schema it_gone");
    expect(await sweep(session, { minAge: 0, freeAge: 0, homeAge: 3600 })).toMatchObject({
      records: ["it_gone"],
      databases: [],
      failures: [],
    });
    expect(await exists("it_unrecorded")).toBe(true);
    await quietly("drop schema it_unrecorded");
  });

  it("a database in which only autovacuum is goes", async () => {
    const nap = (length: string): Promise<void> =>
      session
        .script(`alter system set autovacuum_naptime to ${length}`)
        .then(() => session.script("select pg_reload_conf()"));
    await nap("'1s'");
    try {
      const mark: Mark = { what: "unit", home: "it_home_gone", folder: "f", beside: "" };
      await createEmptyDatabase(session, "it_vacuumed", mark);
      const inside = await openSession({ ...target, database: "it_vacuumed" });
      // so slowly that it is there until it is sent away
      await inside.script(`
        create table public.slow with (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1, autovacuum_vacuum_threshold = 1)
          as select repeat('x', 500) as words from generate_series(1, 20000)`);
      await inside.script("delete from public.slow");
      await inside.close();
      const there = (): Promise<unknown> =>
        session.rows("select backend_type as who from pg_stat_activity where datname = 'it_vacuumed'");
      await expect.poll(there, { ...SOON, timeout: 40_000 }).toEqual([{ who: "autovacuum worker" }]);
      expect(await sweep(session, NOW)).toEqual({ ...NOTHING, databases: ["it_vacuumed"] });
      expect(await exists("it_vacuumed")).toBe(false);
    } finally {
      await nap("default");
    }
  });

  it("what a home lost its records of stays, and the home is made anew", async () => {
    await deadUnit("it_orphan", 1);
    await home.script("drop schema with_test_db cascade");
    expect(await sweep(session, { ...NOW, freeAge: 0, homeAge: 0 })).toEqual(NOTHING);
    expect(await exists("it_orphan")).toBe(true);
    await home.close();
    await withTestDb(
      { schema: {}, migrationsFolder, url: targetUrl(target) },
      ({ client }) => client`insert into t default values`,
    );
  });
});
