import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import type { Connection, ConnectOptions } from "../../src/drivers/driver.ts";
import { nodePostgres } from "../../src/drivers/node-postgres.ts";
import { postgresJs } from "../../src/drivers/postgres-js.ts";
import { TestDbError } from "../../src/errors.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import type { Target } from "../../src/target/target.ts";
import { ask, fullServer, MAY_GIVE_WAY, pidOf, SETTINGS } from "../support/full-server.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

type Url = { readonly url: string; readonly deadline?: number };
/** What a suite is, whatever it works with. */
type Anybody = {
  connect(
    target: Target,
    settings: Readonly<Record<string, string>>,
    options?: ConnectOptions,
  ): Promise<Connection<unknown>>;
};
type Make = (options: Url) => Promise<{ dispose(): Promise<void> }>;

const DRIVERS: [name: string, driverOf: (max: number) => Anybody, make: Make][] = [
  ["postgres.js", (max) => postgresJs({}, { max }), (url) => withTestDb({ schema: {}, migrationsFolder, ...url })],
  [
    "node-postgres",
    (max) => nodePostgres({}, { max }),
    (url) => withTestDbOnPg({ schema: {}, migrationsFolder, ...url }),
  ],
];

describe.skipIf(!isIntegrationEnabled())("a server with twelve connections", () => {
  const full = fullServer();
  /** One that may use what everybody may: three of the twelve are the superuser's. */
  let app: Target;
  /** One that has one connection, wherever there are more. */
  let single: Target;
  beforeAll(async () => {
    const { admin, target } = full.server;
    await admin.script(`
      create role app login password 'app'; grant all on schema public to app;
      create role single login password 'single' connection limit 1;`);
    app = { ...target, user: "app", password: "app" };
    single = { ...target, user: "single", password: "single" };
  });
  const connect = async (driver: Anybody, target: Target): Promise<Connection<unknown>> =>
    full.kept(await driver.connect(target, SETTINGS, MAY_GIVE_WAY));
  const release = async (session: Session | undefined): Promise<void> => {
    await session?.close();
  };

  it("lets those in who wait, in the order of their calls", async () => {
    const held = await full.takeAllBut(0);
    const order: number[] = [];
    const callers = held.map(async (_, index) => {
      full.kept(await openSession(full.server.target));
      order.push(index);
    });
    // the first ones all knock before any of them is refused; those behind them wait by then
    const refusals = (): number => full.server.log().split("sorry, too many clients already").length - 1;
    await expect.poll(refusals, SOON).toBeGreaterThanOrEqual(8);
    await sleep(1_500);
    for (const [index, session] of held.entries()) {
      await release(session);
      await expect.poll(() => order.length, SOON).toBe(index + 1);
    }
    await Promise.all(callers);
    expect(order).toEqual(held.map((_, index) => index));
  });

  describe.each(DRIVERS)("with %s", (name, driverOf, make) => {
    it("fails by name where the deadline is too short, and leaves nothing", async () => {
      // so that there is a blueprint, and more to leave
      await (await make({ url: full.url })).dispose();
      // what it does in the background needs a connection, too
      await expect
        .poll(() => full.server.admin.rows("select name, state from with_test_db.unit where state <> 'free'"), SOON)
        .toEqual([]);
      const held = await full.takeAllBut(0);
      const failure: unknown = await make({ url: full.url, deadline: 3_000 }).then(
        (testDb) => full.kept({ close: () => testDb.dispose() }),
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(TestDbError);
      expect((failure as TestDbError).code).toBe("SERVER_FULL");
      expect((failure as TestDbError).message).toMatch(
        /^No connection to postgres@127\.0\.0\.1:\d+\/postgres got free within 3 s\.\n {2}why: {2}sorry, too many clients already \(SQLSTATE 53300\)\n {8}all its 12 connections are in use(; \d+ more of this process wait)?\n {2}next: psql -c 'alter system set max_connections = 300' and restart that server; or run fewer suites at once; or wait longer: withTestDb\(\{ deadline: 300_000, … \}\)\n {2}code: SERVER_FULL$/,
      );
      const backends = "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'";
      expect(await full.server.admin.rows(backends)).toEqual([{ n: held.length + 1 }]);
      expect(
        await full.server.admin.rows(
          "select name from with_test_db.unit where state <> 'free' union all select name from with_test_db.unit where not exists (select from pg_namespace where nspname = name)",
        ),
      ).toEqual([]);
      // and a call of afterwards is not in anybody's way
      await Promise.all(held.splice(0, 4).map(release));
      await (await make({ url: full.url })).dispose();
    });

    it("waits where it is refused after its password was asked for: the last ones are the superuser's", async () => {
      const held = await full.takeAllBut(3);
      const waiting = await connect(driverOf(1), app);
      let answered = false;
      const answer = pidOf(waiting).finally(() => {
        answered = true;
      });
      // who may have those is not behind it
      await release(await openSession(full.server.target));
      expect(answered).toBe(false);
      await release(held[0]);
      expect(await answer).toEqual(expect.any(Number));
    });

    it("waits where it is refused after its password was asked for: its role has no more", async () => {
      const only = full.kept(await openSession(single));
      const waiting = await connect(driverOf(1), single);
      let answered = false;
      const answer = pidOf(waiting).finally(() => {
        answered = true;
      });
      await release(await openSession(full.server.target));
      expect(answered).toBe(false);
      await release(only);
      expect(await answer).toEqual(expect.any(Number));
    });

    it("gives a connection that idles to who waits, and has another one for its next query", async () => {
      const idle = await connect(driverOf(2), full.server.target);
      const before = await pidOf(idle);
      const held = await full.takeAllBut(1);
      const waited = full.kept(await openSession(full.server.target));
      await release(held[0]);
      const after = await pidOf(idle);
      expect(after).not.toBe(before);
      await waited.close();
    });

    it("has clients take turns that have one connection between them", async () => {
      const [one, other] = [await connect(driverOf(1), single), await connect(driverOf(1), single)];
      const pids = [await pidOf(one), await pidOf(other), await pidOf(one)];
      expect(pids).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    });

    it("answers queries at once that are more than there are connections left", async () => {
      await full.takeAllBut(2);
      const connection = await connect(driverOf(10), full.server.target);
      const answers = await Promise.all(
        Array.from({ length: 4 }, (_, index) => ask(connection, `select ${index} from pg_sleep(0.1)`)),
      );
      expect(answers).toEqual([0, 1, 2, 3]);
    });

    it("answers who waits when its client is closed, and stands in nobody's way", async () => {
      const held = await full.takeAllBut(0);
      const closed = await connect(driverOf(1), full.server.target);
      const answer = pidOf(closed).catch((error: Error) => error);
      const behind = openSession(full.server.target);
      await closed.close();
      expect(await answer).toBeInstanceOf(Error);
      await release(held[0]);
      full.kept(await behind);
    });

    it.runIf(name === "node-postgres")("keeps what its pool was told to keep", async () => {
      await full.takeAllBut(1);
      const pool = nodePostgres({}, { max: 1, idleTimeoutMillis: 0 });
      const connection = await connect(pool, full.server.target);
      const before = await pidOf(connection);
      await expect(openSession({ ...full.server.target, deadline: 4_000 })).rejects.toMatchObject({
        code: "SERVER_FULL",
      });
      expect(await pidOf(connection)).toBe(before);
    });
  });
});
