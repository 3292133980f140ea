import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

/** As small as a server lets its table of locks be: some 300, for all of its transactions together. */
const SMALL = {
  max_locks_per_transaction: "10",
  max_connections: "10",
  autovacuum_max_workers: "1",
  max_worker_processes: "0",
  max_wal_senders: "0",
  wal_level: "minimal",
};

/** Each table takes five locks to make, and eight to drop. */
const folderOf = (tables: number): string =>
  journalFolder({
    "0000_tables": Array.from(
      { length: tables },
      (_, n) =>
        `CREATE TABLE "t${n}" ("id" serial PRIMARY KEY, "name" text UNIQUE, "other" integer REFERENCES "t${n}");`,
    ).join("--> statement-breakpoint\n"),
    "0001_row": `INSERT INTO "t0" ("name") VALUES ('first');`,
  });

const named = expect.stringMatching(
  /max_locks_per_transaction.*next: psql -c 'alter system set max_locks_per_transaction/s,
);

async function useUp(unit: TestDb, tables: number): Promise<void> {
  const rows = async (): Promise<unknown> => unit.db.execute(sql`select name from t0 union all select name from t1`);
  const write = async (count: number): Promise<void> => {
    for (let n = 0; n < tables; n++) {
      await unit.db.execute(sql.raw(`insert into t${n} (name) select 'y' || i from generate_series(1, ${count}) i`));
    }
  };
  for (const count of [1, 300]) {
    await write(count);
    await unit.reset();
    await vi.waitFor(async () => expect(await rows()).toEqual([{ name: "first" }]), SOON);
  }
  await unit.db.execute(sql`create table more as select * from t1`);
  await unit.reset();
  await vi.waitFor(
    async () => expect(await unit.db.execute(sql`select to_regclass('more') as at`)).toEqual([{ at: null }]),
    SOON,
  );
  await vi.waitFor(async () => expect(await rows()).toEqual([{ name: "first" }]), SOON);
}

const binaries = findBinaries("debian");

describe.skipIf(!isIntegrationEnabled())("a table of locks that is small", () => {
  if ("missing" in binaries) {
    it.skip(`is not tried: ${binaries.missing}`);
    return;
  }
  let server: TestServer;
  const many = folderOf(200);
  beforeAll(async () => {
    server = await startServer({ major: "debian", settings: SMALL });
  });
  afterAll(async () => {
    if (!server) return;
    try {
      // once their holder has closed its session
      await vi.waitFor(
        async () => {
          await sweep(server.admin, { minAge: 0, freeAge: 0, homeAge: 0 });
          const left = await server.admin.rows("select datname from pg_database where datname like 'it\\_%'");
          expect(left).toEqual([]);
        },
        { ...SOON, interval: 200 },
      );
    } finally {
      await server.stop();
    }
  });

  it.each([true, false])("holds a schema that fits it, however it is used (reuse: %s)", async (reuse) => {
    // with room for what goes on in the background
    const tables = 8;
    const migrationsFolder = folderOf(tables);
    for (let n = 0; n < 2; n++) {
      const options = { migrationsFolder, url: targetUrl(server.target), reuse, client: { max: 1 } };
      await withTestDb(options, (unit) => useUp(unit, tables));
    }
  });

  it("says what to raise where a schema does not fit it", async () => {
    const url = targetUrl(server.target);
    for (const isolation of ["auto", "schema"] as const) {
      await expect(withTestDb({ migrationsFolder: many, url, isolation })).rejects.toMatchObject({ message: named });
    }
  });

  it("holds a database of its own, whatever is in it", async () => {
    const options = { migrationsFolder: many, url: targetUrl(server.target), client: { max: 1 } };
    await withTestDb({ ...options, isolation: "database" }, (unit) => useUp(unit, 200));
  });

  it("that several share fails none of them without a word", async () => {
    const migrationsFolder = folderOf(9);
    const url = targetUrl(server.target);
    await withTestDb({ migrationsFolder, url }, () => {});
    const options = { migrationsFolder, url, reuse: false, client: { max: 1 } };
    const calls = [1, 2, 3, 4].map(() => withTestDb(options, (unit) => unit.reset()));
    for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      if (status === "rejected") expect(reason).toMatchObject({ name: "TestDbError", message: named });
    }
  });

  it("is forgotten once it is larger", async () => {
    await server.admin.script("alter system set max_locks_per_transaction = 256");
    await server.shutDown();
    server = await server.startAgain();
    const options = { migrationsFolder: many, url: targetUrl(server.target), isolation: "schema" } as const;
    await withTestDb(options, (unit) => useUp(unit, 200));
  });
});
