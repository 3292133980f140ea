import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { holdLock, homeLock } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { TestDbError } from "../../src/errors.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { readStatus, type UnitStatus } from "../../src/janitor/read-status.ts";
import { homeName, recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import type { Target } from "../../src/target/target.ts";
import { fullServer } from "../support/full-server.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

type Make = (options: { url: string; deadline?: number }) => Promise<{ dispose(): Promise<void> }>;
const DRIVERS: readonly (readonly [name: string, make: Make])[] = [
  ["postgres.js", (options) => withTestDb({ schema: {}, migrationsFolder, ...options })],
  ["node-postgres", (options) => withNodePostgres({ schema: {}, migrationsFolder, ...options })],
];

describe.skipIf(!isIntegrationEnabled())("a server with twelve connections", () => {
  const full = fullServer();
  /** A role that may use what every role may: three of the twelve are the superuser's. */
  let app: Target;
  /** A role that has one connection, wherever there are more. */
  let single: Target;
  beforeAll(async () => {
    const { admin, target } = full.server;
    await admin.script(`
      create role app login password 'app'; grant all on schema public to app;
      create role single login password 'single' connection limit 1;`);
    app = { ...target, user: "app", password: "app" };
    single = { ...target, user: "single", password: "single" };
  });
  const connections = async (): Promise<number | undefined> => {
    const [row] = await full.server.admin.rows<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend'",
    );
    return row?.n;
  };

  const notFree = async (): Promise<readonly UnitStatus[]> =>
    (await readStatus(full.server.admin)).units.filter(({ state, exists }) => state !== "free" || !exists);

  it("lets callers in that wait, in the order of their calls", async () => {
    const held = await full.takeAllBut(0);
    const order: number[] = [];
    const callers = held.map(async (_, index) => {
      full.kept(await openSession(full.server.target));
      order.push(index);
    });
    // the first ones all connect before any of them is refused; the others wait by then
    const refusals = (): number => full.server.log().split("sorry, too many clients already").length - 1;
    await expect.poll(refusals, SOON).toBeGreaterThanOrEqual(4);
    await sleep(500);
    for (const [index, session] of held.entries()) {
      await session.close();
      await expect.poll(() => order.length, SOON).toBe(index + 1);
    }
    await Promise.all(callers);
    expect(order).toEqual(held.map((_, index) => index));
  });

  it("is asked once where the deadline is 0", async () => {
    await full.takeAllBut(0);
    await expect(openSession(full.server.target, {}, { deadline: 0 })).rejects.toMatchObject({ code: "SERVER_FULL" });
  });

  it.each([
    ["the last connections are the superuser's", () => app, 3],
    ["a role has no more", () => single, 10],
  ] as const)("has a caller wait, and no other role, where %s", async (_, target, left) => {
    const held = await full.takeAllBut(left);
    const only = target() === single ? full.kept(await openSession(single)) : held[0];
    let isIn = false;
    const waiting = openSession(target()).then((session) => {
      isIn = true;
      return full.kept(session);
    });
    await (await openSession(full.server.target)).close();
    expect(isIn).toBe(false);
    await only?.close();
    await waiting;
  });

  it("is waited for while another process builds the home, without a connection and up to the deadline", async () => {
    const { url } = full;
    const folder = journalFolder({ "0000_t": "CREATE TABLE built_elsewhere (id integer)" });
    const builder = full.kept(await openSession(full.server.target));
    const recipeKey = recipeKeyOf(readMigrations(folder));
    const lock = homeLock(homeName(recipeKey, builder.target, "auto"));
    expect(await holdLock(builder, lock)).toBe(true);
    await expect(withTestDb({ schema: {}, migrationsFolder: folder, url, deadline: 600 })).rejects.toMatchObject({
      code: "UNIT_FAILED",
      message: expect.stringContaining("another process builds it, and has not come to an end"),
    });
    const many = Promise.all(
      Array.from({ length: 30 }, () => withTestDb({ schema: {}, migrationsFolder: folder, url }, async () => {})),
    );
    // the test's own, the builder's, and one session for all thirty
    await expect.poll(connections, SOON).toBe(3);
    await builder.close();
    await many;
  });

  describe.each(DRIVERS)("with %s", (_, make) => {
    it("fails by name where the deadline is too short, and leaves nothing", async () => {
      // so that there is a home, and more to leave
      await (await make({ url: full.url })).dispose();
      await expect.poll(notFree, SOON).toEqual([]);
      const held = await full.takeAllBut(0);
      const failure: unknown = await make({ url: full.url, deadline: 1_000 }).then(
        (testDb) => full.kept({ close: () => testDb.dispose() }),
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(TestDbError);
      expect((failure as TestDbError).code).toBe("SERVER_FULL");
      expect((failure as TestDbError).message).toMatch(
        /^No connection to postgres@127\.0\.0\.1:\d+ was free within 1 s\.\n {2}why: {2}sorry, too many clients already \(SQLSTATE 53300\)\n {2}next: psql -c 'alter system set max_connections = 300' and restart that server; or run fewer suites at once, or wait longer: withTestDb\(\{ deadline: 300_000, … \}\)\n {2}code: SERVER_FULL$/,
      );
      expect(await connections()).toBe(held.length + 1);
      // and a later call finds nothing in its way
      await Promise.all(held.splice(0, 4).map((session: Session) => session.close()));
      expect(await notFree()).toEqual([]);
      await (await make({ url: full.url })).dispose();
    });

    it("hands out units to all callers where only one connection is left", async () => {
      await (await make({ url: full.url })).dispose();
      await expect.poll(connections, SOON).toBe(1);
      await full.takeAllBut(1);
      const units = await Promise.all(
        Array.from({ length: 12 }, async () => {
          const testDb = await make({ url: full.url });
          await testDb.dispose();
          return testDb;
        }),
      );
      expect(new Set(units).size).toBe(12);
    });
  });
});
