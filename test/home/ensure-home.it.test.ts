import type { Sql } from "postgres";
import { describe, expect, it, vi } from "vitest";
import { homeLock, LOCK_CLASS } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const made = Date.now();
const migrationsFolder = journalFolder({ "0000_t": `CREATE TABLE "t" ("id" serial, "made" text DEFAULT '${made}')` });

/** Ends the connection of the process that builds the home of that name, which holds its lock. */
async function loseLock(admin: Session, home: string): Promise<void> {
  const ended = await admin.rows(
    `select pg_terminate_backend(a.pid, 2000)
       from pg_stat_activity a join pg_locks l on l.pid = a.pid and l.locktype = 'advisory' and l.classid = $1::int
      where l.objid = $2::int::oid`,
    [LOCK_CLASS, homeLock(home)],
  );
  expect(ended).toHaveLength(1);
}

describe.skipIf(!isIntegrationEnabled())("a process that builds a home and loses its lock", () => {
  it("is told, and leaves alone what somebody else has built meanwhile", async () => {
    let built = 0;
    let other: TestDb<Record<string, never>> | undefined;
    const admin = await openSession(await testTarget());
    const prepare = {
      key: `lost lock ${made}`,
      run: async ({ client }: { client: Sql }) => {
        if (++built > 1) return;
        const [home] = await client<{ name: string }[]>`select current_database() as name`;
        await loseLock(admin, String(home?.name));
        // as another process would: calls of one process for one target share their home
        other = await withTestDb({ ...options, url: targetUrl({ ...(await testTarget()), host: "localhost" }) });
      },
    };
    const options = { schema: {}, migrationsFolder, prepare };
    try {
      await expect(withTestDb(options)).rejects.toMatchObject({
        code: "SERVER_UNREACHABLE",
        message: expect.stringMatching(/^The connection to .* was lost while the home of .* was built/),
      });
      expect(built).toBe(2);
      // as good as before, also for another schema
      for (const reuse of [true, false]) {
        await withTestDb({ ...options, reuse }, ({ client }) => client`insert into t default values`);
      }
      expect(built).toBe(2);
    } finally {
      await other?.dispose();
      await admin.close();
    }
  });

  it("has no connection open afterwards, which would keep it from ending", async () => {
    const admin = await openSession(await testTarget());
    let name = "";
    const prepare = {
      key: `lost lock, database ${made}`,
      run: async ({ client }: { client: Sql }) => {
        name = String((await client<{ name: string }[]>`select current_database() as name`)[0]?.name);
        await loseLock(admin, name);
      },
    };
    try {
      await expect(withTestDb({ schema: {}, migrationsFolder, prepare, isolation: "database" })).rejects.toMatchObject({
        name: "TestDbError",
      });
      await vi.waitFor(async () => {
        const open = await admin.rows("select pid from pg_stat_activity where datname = $1::text", [name]);
        expect(open).toEqual([]);
      }, SOON);
    } finally {
      await admin.close();
    }
  });
});
