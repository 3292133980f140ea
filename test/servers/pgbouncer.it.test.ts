import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PINNED } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDbError, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type Pgbouncer, type PgbouncerOptions, pgbouncerMissing, startPgbouncer } from "../support/pgbouncer.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

/** What a login of ours asks for, and a pooler can be told to drop without a word. */
const EVERY_SETTING = ["options", "replication", ...Object.keys(PINNED)].join(",");

/** What both drivers' handles have in common, for queries without a schema. */
interface Unit {
  readonly db: { execute(query: ReturnType<typeof sql.raw>): PromiseLike<unknown> };
  readonly schemaName: string | null;
  readonly databaseName: string;
  readonly url: string;
  reset(): Promise<void>;
  dispose(): Promise<void>;
}
type Open = (options: object) => Promise<Unit>;
const DRIVERS: readonly (readonly [string, Open])[] = [
  ["postgres.js", (options) => withTestDb(options as Parameters<typeof withTestDb>[0])],
  ["node-postgres", (options) => withNodePostgres(options as Parameters<typeof withNodePostgres>[0])],
];

/** The rows of a query, as objects, whatever the driver. */
async function rowsOf<Row>(unit: Unit, query: string): Promise<Row[]> {
  const result = await unit.db.execute(sql.raw(query));
  return Array.isArray(result) ? [...(result as Row[])] : (result as { rows: Row[] }).rows;
}

const missing = pgbouncerMissing ?? (findBinaries("debian") as { missing?: string }).missing;

describe.skipIf(!isIntegrationEnabled())("PgBouncer", () => {
  if (missing) {
    it.skip(`is not tried: ${missing}`);
    return;
  }
  const migrationsFolder = journalFolder({
    "0000_things": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text NOT NULL);--> statement-breakpoint
      INSERT INTO "things" ("name") VALUES ('from the migrations');`,
  });
  let server: TestServer;
  let pooler: Pgbouncer | undefined;
  beforeAll(async () => {
    server = await startServer({ major: "debian" });
    // units are ready, so that a refused call would find one to lease
    for (let n = 0; n < 2; n++) await withTestDb({ migrationsFolder, url: targetUrl(server.target) }, () => {});
  });
  afterEach(async () => {
    await pooler?.stop();
    pooler = undefined;
    await vi.waitFor(async () => {
      const left = await server.admin.rows("select name, state from with_test_db.unit where state = 'leased'");
      expect(left).toEqual([]);
    }, SOON);
  });
  afterAll(async () => {
    if (!server) return;
    try {
      await vi.waitFor(async () => {
        await sweep(server.admin, { minAge: 0, freeAge: 0, blueprintAge: 0 });
        const left = await server.admin.rows(
          `select nspname as name from pg_namespace where nspname like 'it\\_%'
           union all select datname from pg_database where datname like 'it\\_%'
           union all select name from with_test_db.unit`,
        );
        expect(left).toEqual([]);
      }, SOON);
    } finally {
      await server.stop();
    }
  });

  const behind = async (options: PgbouncerOptions): Promise<Target> => {
    pooler = await startPgbouncer(server.target, options);
    return pooler.target;
  };
  const refusal = async (open: Open, options: object): Promise<TestDbError> =>
    open({ migrationsFolder, ...options }).then(
      (unit) => unit.dispose().then(() => Promise.reject(new Error("it was not refused"))),
      (error: unknown) => error as TestDbError,
    );

  describe.each(DRIVERS)("with %s", (_, open) => {
    describe.each([
      ["refuses settings at login", ""],
      ["drops settings without a word", EVERY_SETTING],
    ])("that %s", (_, ignore_startup_parameters) => {
      const settings = { ignore_startup_parameters };

      it.each(["schema", "database"] as const)(
        "and pools sessions is not used for a %s without the server's own URL",
        async (isolation) => {
          const url = targetUrl(await behind({ poolMode: "session", settings }));
          const error = await refusal(open, { url, isolation });
          expect(error).toMatchObject({
            code: "SERVER_POOLED",
            message: expect.stringMatching(/A connection pooler answers at .*search_path.*\n {2}next: directUrl: "/s),
          });
        },
      );

      it.each(["transaction", "statement"] as const)(
        "and pools %ss is refused by name, with the server's own URL or without",
        async (poolMode) => {
          const url = targetUrl(await behind({ poolMode, settings }));
          const isolations = ["schema", "database"];
          for (const direct of [{}, { directUrl: targetUrl(server.target) }]) {
            for (const isolation of isolations) {
              const error = await refusal(open, { url, isolation, ...direct });
              expect(error).toMatchObject({
                code: "SERVER_POOLED",
                message: expect.stringMatching(new RegExp(`pools ${poolMode}s\\..*pool_mode = session`, "s")),
              });
            }
          }
        },
      );
    });

    it("that pools transactions and takes turns between its connections is refused, too", async () => {
      const target = await behind({ poolMode: "transaction", settings: { server_round_robin: "1" } });
      const others = await Promise.all([1, 2, 3].map(() => startedTransaction(target)));
      await Promise.all(others.map((end) => end()));
      const error = await refusal(open, { url: targetUrl(target), directUrl: targetUrl(server.target) });
      expect(error).toMatchObject({
        code: "SERVER_POOLED",
        message: expect.stringContaining("pools transactions"),
      });
    });

    it.each([1, 2])(
      "that pools sessions keeps units apart, though they share %i of the server's, which nobody resets",
      async (size) => {
        const settings = { server_reset_query: "", default_pool_size: String(size), server_idle_timeout: "0" };
        const url = targetUrl(await behind({ poolMode: "session", settings }));
        const used = new Set<number>();
        const units: string[] = [];
        for (let n = 0; n < 5; n++) {
          const unit = await open({ migrationsFolder, url, directUrl: targetUrl(server.target), client: { max: 1 } });
          const [at] = await rowsOf<{ pid: number; schema: string; path: string }>(
            unit,
            "select pg_backend_pid() as pid, current_schema() as schema, current_setting('search_path') as path",
          );
          expect(at).toMatchObject({ schema: unit.schemaName, path: `"${unit.schemaName}"` });
          used.add(Number(at?.pid));
          units.push(unit.schemaName ?? "");
          await unit.db.execute(sql.raw(`insert into things (name) values ('of unit ${n}')`));
          expect(await rowsOf(unit, "select name from things order by id")).toEqual([
            { name: "from the migrations" },
            { name: `of unit ${n}` },
          ]);
          await unit.reset();
          expect(await rowsOf(unit, "select id, name from things")).toEqual([{ id: 1, name: "from the migrations" }]);
          await unit.db.execute(sql.raw("create table left_over (n integer)"));
          await unit.reset();
          expect(await rowsOf(unit, "select to_regclass('left_over') as there")).toEqual([{ there: null }]);
          await unit.dispose();
        }
        expect(used.size).toBeLessThan(units.length);
        // what a unit leaves to the next user of a session is nothing
        await vi.waitFor(async () => {
          const left = await server.admin.rows<{ name: string }>(
            "select application_name as name from pg_stat_activity where application_name like 'it\\_%'",
          );
          expect(left).toEqual([]);
        }, SOON);
      },
    );

    it("that pools sessions gives each of many connections of many units its own schema", async () => {
      const url = targetUrl(await behind({ poolMode: "session", settings: { default_pool_size: "24" } }));
      const units = await Promise.all(
        [1, 2, 3, 4].map(() =>
          open({ migrationsFolder, url, directUrl: targetUrl(server.target), client: { max: 5 } }),
        ),
      );
      const wanted = "select current_schema() as schema, pg_backend_pid() as pid, pg_sleep(0.05)";
      for (const unit of units) {
        const seen = await Promise.all(
          [1, 2, 3, 4, 5].map(() => rowsOf<{ schema: string; pid: number }>(unit, wanted)),
        );
        expect(new Set(seen.map(([row]) => row?.schema))).toEqual(new Set([unit.schemaName]));
        expect(new Set(seen.map(([row]) => row?.pid)).size).toBeGreaterThan(1);
      }
      await Promise.all(units.map((unit) => unit.dispose()));
    });

    it("that pools sessions leads to a database of one's own, and back to an empty one", async () => {
      const url = targetUrl(await behind({ poolMode: "session" }));
      const unit = await open({ migrationsFolder, url, directUrl: targetUrl(server.target), isolation: "database" });
      const at = "select current_database() as name, (select count(*)::int from things) as rows";
      await unit.db.execute(sql.raw("insert into things (name) values ('mine')"));
      expect(await rowsOf(unit, at)).toEqual([{ name: unit.databaseName, rows: 2 }]);
      await unit.reset();
      await vi.waitFor(
        async () => expect(await rowsOf(unit, at)).toEqual([{ name: unit.databaseName, rows: 1 }]),
        SOON,
      );
      await unit.dispose();
      const found = await server.admin.rows("select 1 as found from pg_database where datname = $1::text", [
        unit.databaseName,
      ]);
      expect(found).toEqual([]);
    });

    it("whose connection to the server is lost comes back to the unit", async () => {
      const url = targetUrl(await behind({ poolMode: "session" }));
      const unit = await open({ migrationsFolder, url, directUrl: targetUrl(server.target), client: { max: 1 } });
      const ended = await server.admin.rows(
        "select pg_terminate_backend(pid, 10000) as gone from pg_stat_activity where application_name = $1::text",
        [unit.schemaName],
      );
      expect(ended).toEqual([{ gone: true }]);
      await vi.waitFor(async () => {
        expect(await rowsOf(unit, "select current_schema() as schema")).toEqual([{ schema: unit.schemaName }]);
      }, SOON);
      await unit.dispose();
    });

    it("with a query still under way is no hindrance to dispose()", async () => {
      const url = targetUrl(await behind({ poolMode: "session" }));
      const unit = await open({ migrationsFolder, url, directUrl: targetUrl(server.target) });
      const running = rowsOf(unit, "select pg_sleep(30)").then(
        () => "it ended",
        () => "it failed",
      );
      await vi.waitFor(async () => {
        const seen = await server.admin.rows(
          "select 1 as seen from pg_stat_activity where query = 'select pg_sleep(30)' and application_name = $1::text and state = 'active'",
          [unit.schemaName],
        );
        expect(seen).toHaveLength(1);
      }, SOON);
      await unit.dispose();
      expect(await running).toBe("it failed");
    });
  });

  it("hands out a URL that leads to the unit past the pooler, which could not bind it", async () => {
    const url = targetUrl(await behind({ poolMode: "session" }));
    await withTestDb({ migrationsFolder, url, directUrl: targetUrl(server.target) }, async (unit) => {
      expect(new URL(unit.url).port).toBe(String(server.port));
      await unit.db.execute(sql.raw("insert into things (name) values ('seen by both')"));
      const application = postgres(unit.url, { max: 1 });
      expect(await application`select name from things where id = 2`).toEqual([{ name: "seen by both" }]);
      await application.end();
    });
  });

  it("is named by the environment, too", async () => {
    vi.stubEnv("TEST_DB_URL", targetUrl(await behind({ poolMode: "session" })));
    vi.stubEnv("TEST_DB_DIRECT_URL", targetUrl(server.target));
    try {
      await withTestDb({ migrationsFolder }, async (unit) => {
        const [row] = await rowsOf<{ schema: string }>(unit, "select current_schema() as schema");
        expect(row?.schema).toBe(unit.schemaName);
        await expect.poll(() => pooler?.log(), SOON).toContain("login attempt: db=postgres user=postgres");
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("that leads to another server than the direct URL is found out", async () => {
    const other = await startServer({ major: "debian" });
    pooler = await startPgbouncer(other.target, { poolMode: "session" });
    try {
      const options = { url: targetUrl(pooler.target), directUrl: targetUrl(server.target) };
      for (const [, open] of DRIVERS) {
        expect(await refusal(open, { ...options, isolation: "schema" })).toMatchObject({ code: "SERVER_POOLED" });
        expect(await refusal(open, { ...options, isolation: "database" })).toMatchObject({
          code: "SERVER_POOLED",
          message: expect.stringContaining("does not lead to the database"),
        });
      }
    } finally {
      await other.stop();
    }
  });

  it("that knows the target database only says which line it lacks", async () => {
    const { host, port, database } = server.target;
    const target = await behind({ poolMode: "session", databases: [`${database} = host=${host} port=${port}`] });
    const options = { url: targetUrl(target), directUrl: targetUrl(server.target) };
    for (const [, open] of DRIVERS) {
      const unit = await open({ migrationsFolder, ...options });
      expect(await rowsOf(unit, "select current_schema() as schema")).toEqual([{ schema: unit.schemaName }]);
      await unit.dispose();
      expect(await refusal(open, { ...options, isolation: "database" })).toMatchObject({
        code: "SERVER_POOLED",
        message: expect.stringContaining(`* = host=${host} port=${port}`),
      });
    }
  });
});

/** A transaction through the pooler that is still open, so that it opens one more connection to the server. */
async function startedTransaction(target: Target): Promise<() => Promise<void>> {
  const client = postgres({
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password ?? "",
    database: target.database,
    max: 1,
    fetch_types: false,
  });
  await client.unsafe("begin").simple();
  return async () => {
    await client.unsafe("commit").simple();
    await client.end();
  };
}
