import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled, type TestDb, TestDbError, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { isConnectionLost, postgresError } from "../../src/sql/sqlstate.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { mountSmallDisk, type SmallDisk, whyNoSmallDisk } from "../support/small-disk.ts";

const BREAK = "--> statement-breakpoint\n";
const tables = (count: number, row: string): Record<string, string> => ({
  "0000_tables": Array.from(
    { length: count },
    (_, n) => `CREATE TABLE "t${n}" ("id" serial PRIMARY KEY, "name" text UNIQUE, "other" integer REFERENCES "t${n}");`,
  ).join(BREAK),
  "0001_row": `INSERT INTO "t0" ("name") VALUES ('${row}');`,
});

/** Kilobytes that are left. What fails for want of them is another step each time; more steps, and it is all of them. */
const ROOM = [0, 128, 1024, 6144, 14_336];
const STEPS = Number(process.env["DISK_STEPS"] ?? ROOM.length);
const rooms = STEPS === ROOM.length ? ROOM : Array.from({ length: STEPS }, (_, n) => Math.round((20_480 * n) / STEPS));

/** What a full disk makes of a server, in the words that a call has to say. */
const CAUSE =
  /No space left on device|could not (extend|write)|checkpoint request failed|closed the connection|ECONNREFUSED|CONNECTION_|ECONNRESET|recovery|starting up|shut|terminat|lost|hung up|did not answer/;

/** Fails unless the call succeeds, or says why it can't. */
async function answered<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    expect(error).toBeInstanceOf(TestDbError);
    expect((error as TestDbError).message).toMatch(CAUSE);
    if (postgresError(error)?.code === "53100")
      expect((error as TestDbError).message).toContain("next: free some space");
    return undefined;
  }
}

/** A query of the test's own: it fails as the driver has it. */
async function write(unit: TestDb, query: string): Promise<void> {
  await unit.db.execute(sql.raw(query)).catch((error: unknown) => {
    expect(postgresError(error)?.code === "53100" || isConnectionLost(error), String(error)).toBe(true);
  });
}

async function useUp(unit: TestDb | undefined): Promise<void> {
  if (!unit) return;
  await write(unit, "insert into t1 (name) select repeat('x', 500) || i from generate_series(1, 20000) i");
  await answered(unit.reset());
  await write(unit, "create table more as select * from t1");
  await answered(unit.reset());
  await answered(unit.dispose());
}

/** Whatever was left, also by calls that failed, goes once its holder has closed its session. */
const leavesNothing = (server: () => TestServer): Promise<void> =>
  vi.waitFor(
    async () => {
      const { admin } = server();
      await sweep(admin, { minAge: 0, freeAge: 0, homeAge: 0 });
      const left = await admin.rows("select datname from pg_database where datname like 'it\\_%'");
      expect(left).toEqual([]);
    },
    { timeout: 15_000, interval: 200 },
  );

const binaries = findBinaries("debian");

describe.skipIf(!isIntegrationEnabled())("a disk that is full", () => {
  const missing = "missing" in binaries ? binaries.missing : whyNoSmallDisk();
  if (missing) {
    it.skip(`is not tried: ${missing}`);
    return;
  }
  let disk: SmallDisk;
  let server: TestServer;
  const migrationsFolder = journalFolder(tables(20, "first"));
  beforeAll(async () => {
    // what failed calls leave is there until the end
    disk = mountSmallDisk(160 + 15 * rooms.length);
    server = await startServer({ major: "debian", place: disk.path });
    await withTestDb({ migrationsFolder, url: targetUrl(server.target) }, () => {});
  });
  afterEach(async () => {
    disk.empty();
    // a server that can't write its log of changes gives up; one that is coming back is waited for
    await vi.waitFor(
      async () => {
        if (!server.isUp()) server = await server.startAgain();
        await server.admin.rows("select 1 as up");
      },
      { timeout: 20_000, interval: 100 },
    );
  });
  afterAll(async () => {
    try {
      if (server) await leavesNothing(() => server);
    } finally {
      await server?.stop();
      disk?.unmount();
    }
  });

  it.each(rooms)("but for %i kB fails no call without a word", async (kilobytes) => {
    const url = targetUrl(server.target);
    const leasedBefore = await withTestDb({ migrationsFolder, url });
    disk.fillUpTo(kilobytes * 1024);
    await useUp(leasedBefore);
    const both = await Promise.all([
      answered(withTestDb({ migrationsFolder, url })),
      answered(withTestDb({ migrationsFolder, url, reuse: false })),
    ]);
    for (const unit of both) await useUp(unit);
    const other = journalFolder(tables(20, `with ${kilobytes} kB`));
    await useUp(await answered(withTestDb({ migrationsFolder: other, url })));
    const database = await answered(withTestDb({ migrationsFolder, url, isolation: "database" }));
    if (database) {
      await write(database, "insert into t1 (name) values ('x')");
      // one that could not be copied again is not there any more
      await answered(database.reset()).then(() => answered(database.dispose()));
    }
  });

  it("works again once there is room", async () => {
    const url = targetUrl(server.target);
    await withTestDb({ migrationsFolder, url }, async (unit) => {
      expect(await unit.db.execute(sql`select name from t0`)).toEqual([{ name: "first" }]);
      await unit.db.execute(sql`insert into t1 (name) values ('x')`);
      await unit.reset();
      expect(await unit.db.execute(sql`select name from t1`)).toEqual([]);
    });
  });
});

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("temp_file_limit", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ major: "debian", settings: { temp_file_limit: "2MB", work_mem: "64kB" } });
    // for a superuser it is a default only
    await server.admin.script("create role limited login createdb password 'limited'");
    await server.admin.script("create database limited owner limited");
  });
  afterAll(() => server?.stop());
  const limited = () => targetUrl({ ...server.target, user: "limited", password: "limited", database: "limited" });

  it("that migrations exceed is named, with what to do", async () => {
    const migrationsFolder = journalFolder({
      "0000_sorted": "CREATE TABLE t AS SELECT md5(i::text) AS x FROM generate_series(1, 50000) i ORDER BY 1;",
    });
    await expect(withTestDb({ migrationsFolder, url: limited() })).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/temporary file size exceeds temp_file_limit.*next: raise temp_file_limit/s),
    });
  });

  it("that we exceed ourselves is named, too", async () => {
    await server.admin.script("alter role limited set temp_file_limit = 0");
    try {
      await expect(
        withTestDb({ migrationsFolder: journalFolder(tables(30, "none")), url: limited() }),
      ).rejects.toMatchObject({ code: "UNIT_FAILED", message: expect.stringContaining("next: raise temp_file_limit") });
    } finally {
      await server.admin.script("alter role limited reset temp_file_limit");
    }
  });

  it("that tests exceed is theirs to see, and what we do ourselves stays within", async () => {
    const migrationsFolder = journalFolder(tables(100, "limited"));
    await withTestDb({ migrationsFolder, url: limited() }, async (unit) => {
      const error = await unit.db
        .execute(sql`select count(*) from (select md5(i::text) from generate_series(1, 50000) i order by 1) s`)
        .then(undefined, (thrown: unknown) => thrown);
      expect(postgresError(error)).toMatchObject({ code: "53400" });
      await unit.db.execute(sql`insert into t1 (name) select md5(i::text) from generate_series(1, 200) i`);
      await unit.reset();
      expect(await unit.db.execute(sql`select count(*)::int as n from t1`)).toEqual([{ n: 0 }]);
    });
  });
});
