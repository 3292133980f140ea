/** Connections that are cut, by an administrator or on the way: every call ends, well or with an error that says why. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { socketAddress } from "../../src/connections/probe.ts";
import type { Session } from "../../src/connections/session.ts";
import { CONTROL_NAME } from "../../src/control/control.ts";
import { isIntegrationEnabled, TestDbError, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { isConnectionLost, postgresError } from "../../src/sql/sqlstate.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { openHome } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";

const OWN = `it_cut_test_${Date.now().toString(36)}`;
const folder = (what: string): string =>
  journalFolder({ "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${OWN} ${what}');` });
const migrationsFolder = folder("shared");
/** CUT_STEP=1 cuts at more moments. */
const STEP = Number(process.env["CUT_STEP"] ?? 6);

describe.skipIf(!isIntegrationEnabled())("a connection that is cut", () => {
  let own: OwnDatabase;
  let session: Session;
  let target: Target;
  let url: string;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    ({ session, target, url } = own);
    await withTestDb({ schema: {}, migrationsFolder, url }, () => {});
  });
  afterAll(() => own.drop());

  /** Ends the server's processes for connections of that name to this file's databases, and waits for their end. */
  const cut = (name: string): Promise<void> =>
    vi.waitFor(async () => {
      const ended = await session.rows<{ ended: boolean }>(
        `select pg_terminate_backend(pid, 10000) as ended from pg_stat_activity
          where application_name = $1::text and pid <> pg_backend_pid() and datname like 'it\\_%'`,
        [name],
      );
      expect(ended.length).toBeGreaterThan(0);
      for (const each of ended) expect(each).toEqual({ ended: true });
    }, SOON);

  it("the control session's: the lock that says we are alive is back before anybody calls", async () => {
    const testDb = await withTestDb({ schema: {}, migrationsFolder, url });
    const alive = async (): Promise<boolean | undefined> =>
      (await readStatus(session)).units.find(({ name }) => name === testDb.schemaName)?.alive;
    const isAlive = (): Promise<void> => vi.waitFor(async () => expect(await alive()).toBe(true), SOON);
    await isAlive();
    for (let times = 0; times < 3; times++) {
      await cut(CONTROL_NAME);
      await isAlive();
    }
    await testDb.dispose();
  });

  const drivers = { "postgres.js": withTestDb, "node-postgres": withNodePostgres } as const;
  describe.each(Object.entries(drivers))("a unit's, with %s", (_, call) => {
    it.each(["schema", "database"] as const)(
      "while idle, or in a query: the next query has a new one (%s)",
      async (isolation) => {
        const testDb = await (call as typeof withTestDb)({ schema: {}, migrationsFolder, url, isolation });
        const name = testDb.schemaName ?? testDb.databaseName;
        const insert = () => testDb.db.execute(sql`insert into t default values`);
        await insert();
        await cut(name);
        await vi.waitFor(insert, SOON);
        const lost = expect(testDb.db.execute(sql`select pg_sleep(600)`).then(() => "slept")).rejects.toThrow();
        await vi.waitFor(
          async () =>
            expect(
              await session.rows(
                "select pid from pg_stat_activity where application_name = $1::text and state = 'active'",
                [name],
              ),
            ).toHaveLength(1),
          SOON,
        );
        await cut(name);
        await lost;
        await vi.waitFor(insert, SOON);
        const answer: unknown = await testDb.db.execute(sql`select current_schema() as schema`);
        const rows = Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows;
        expect([...rows]).toEqual([{ schema: testDb.schemaName ?? "public" }]);
        await testDb.reset();
        await testDb.dispose();
      },
    );

    it("in rollback(), and in a transaction: the call fails, the process goes on, and no row stays", async () => {
      const testDb = await (call as typeof withTestDb)({ schema: {}, migrationsFolder, url });
      const insert = sql`insert into t default values`;
      for (const within of ["rollback", "transaction"] as const) {
        const run = (use: (db: Pick<typeof testDb.db, "execute">) => Promise<void>): Promise<void> =>
          within === "rollback" ? testDb.rollback(use) : testDb.db.transaction(use);
        // idle when it is cut, and then it goes on
        await expect(
          run(async (db) => {
            await db.execute(insert);
            await cut(testDb.schemaName ?? "");
            for (let times = 0; times < 3; times++) await db.execute(insert).then(undefined, () => {});
            await db.execute(insert);
          }),
        ).rejects.toThrow();
        // in a query, and then it goes on; with parameters, which take two round trips
        await expect(
          run(async (db) => {
            await db.execute(insert);
            const sleeping = db.execute(sql`select pg_sleep(${600}), ${"x"}::text`).then(undefined, () => {});
            await vi.waitFor(
              async () =>
                expect(
                  await session.rows(
                    "select pid from pg_stat_activity where application_name = $1::text and state = 'active'",
                    [testDb.schemaName],
                  ),
                ).toHaveLength(1),
              SOON,
            );
            await cut(testDb.schemaName ?? "");
            await sleeping;
            for (const id of [1, 2, 3]) {
              await db.execute(sql`insert into t (id) values (${id})`).then(undefined, () => {});
            }
          }),
        ).rejects.toThrow();
      }
      await vi.waitFor(() => testDb.db.execute(sql`select 1`), SOON);
      const home = await openHome(session, testDb);
      const rows = home.rows(`select count(*)::int as n from ${testDb.schemaName}.t`).finally(() => home.close());
      expect(await rows).toEqual([{ n: 0 }]);
      await testDb.dispose();
    });
  });

  it("all of them at once: dispose() gives the unit up all the same", async () => {
    const names: string[] = [];
    for (const isolation of ["schema", "database"] as const) {
      const testDb = await withTestDb({ schema: {}, migrationsFolder, url, isolation });
      names.push(testDb.schemaName ?? testDb.databaseName);
      // a client connects with its first query
      await testDb.client`select 1`;
      await Promise.all([cut(CONTROL_NAME), cut(testDb.schemaName ?? testDb.databaseName)]);
      await vi.waitFor(() => testDb.client`select 1`, SOON);
      await testDb.dispose();
    }
    expect((await readStatus(session)).units.filter(({ name }) => names.includes(name))).toEqual([]);
  });

  describe("on the way, with a reset", () => {
    let proxy: Server;
    let port: number;
    const open = new Set<Socket>();
    /** After how many pieces from the server every connection is reset. */
    let last = Infinity;
    let passed = 0;

    beforeAll(async () => {
      proxy = createServer((client) => {
        const upstream = connect(socketAddress(target));
        for (const [socket, other] of [
          [client, upstream],
          [upstream, client],
        ] as const) {
          open.add(socket);
          socket
            .on("error", () => {})
            .on("close", () => {
              open.delete(socket);
              other.destroy();
            });
        }
        client.on("data", (chunk) => upstream.write(chunk));
        upstream.on("data", (chunk) => {
          if (++passed === last) for (const socket of open) socket.resetAndDestroy();
          else client.write(chunk);
        });
      });
      await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
      port = (proxy.address() as { port: number }).port;
    });
    afterAll(() => {
      for (const socket of open) socket.destroy();
      proxy.close();
    });

    /** A suite through the proxy. What it failed of, if it did. */
    async function suite(folder: string, isolation: "schema" | "database"): Promise<unknown[]> {
      const failures: unknown[] = [];
      const attempt = async <T>(work: PromiseLike<T>): Promise<T | undefined> => {
        try {
          return await work;
        } catch (error) {
          failures.push(error);
          return undefined;
        }
      };
      const through = targetUrl({ ...target, host: "127.0.0.1", port, tls: "disable" });
      const testDb = await attempt(withTestDb({ schema: {}, migrationsFolder: folder, url: through, isolation }));
      if (!testDb) return failures;
      await attempt(testDb.db.execute(sql`insert into t default values`));
      await attempt(testDb.reset());
      await attempt(testDb.rollback(async (db) => void (await db.execute(sql`insert into t default values`))));
      await attempt(testDb.dispose());
      return failures;
    }

    it.each([
      ["a unit from the pool", "schema", () => migrationsFolder, 1 * STEP],
      ["a database", "database", () => migrationsFolder, 1 * STEP],
      ["a home that is built", "schema", () => folder(String(last)), 12 * STEP],
    ] as const)(
      "at any moment: every call ends, and a sweep leaves nothing (%s)",
      { timeout: 120_000 },
      async (_, isolation, of, step) => {
        let cuts = 0;
        let whole = false;
        for (last = 1; !whole && last < 2_000; last += step) {
          passed = 0;
          const failures = await suite(of(), isolation);
          // a database whose copying was cut off is not there for what comes after
          const isGone = failures.some((error) => error instanceof TestDbError && error.code === "RESET_FAILED");
          for (const error of failures) {
            const misses = isGone && isolation === "database" && postgresError(error)?.code === "3D000";
            if (!(error instanceof TestDbError || isConnectionLost(error) || misses)) throw error;
          }
          whole = passed < last;
          if (!whole) cuts++;
        }
        // not that a call failed: most are made again, and on a busy machine fewer pieces arrive than there are steps
        expect({ cut: cuts > 0, whole }).toEqual({ cut: true, whole: true });
      },
    );
  });

  it("and whatever was left goes with the next sweep, once its process has ended", async () => {
    // this process is alive, and has its lock: what it could not give up is its own until then
    await vi.waitFor(async () => {
      const others = await session.rows(
        `select datname, application_name from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid() and (datname = current_database() or datname like 'it\\_%')`,
      );
      expect(others).toEqual([]);
    }, SOON);
    expect((await sweep(session, { minAge: 0, freeAge: 0, homeAge: 0 })).failures).toEqual([]);
    expect(await readStatus(session)).toEqual({ units: [], homes: [] });
    expect(await session.rows("select datname from pg_database where datname like 'it\\_%'")).toEqual([
      { datname: OWN },
    ]);
  });
});
