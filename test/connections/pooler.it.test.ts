import type { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PINNED } from "../../src/connections/pinned-settings.ts";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDbError, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
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

/** What both drivers' handles have in common. */
interface Unit {
  readonly db: { execute(query: ReturnType<typeof sql.raw>): PromiseLike<unknown> };
  dispose(): Promise<void>;
}
type Open = (options: object) => Promise<Unit>;
const DRIVERS: readonly (readonly [string, Open])[] = [
  ["postgres.js", (options) => withTestDb(options as Parameters<typeof withTestDb>[0])],
  ["node-postgres", (options) => withNodePostgres(options as Parameters<typeof withNodePostgres>[0])],
];

const missing = pgbouncerMissing ?? (findBinaries("debian") as { missing?: string }).missing;

describe.skipIf(!isIntegrationEnabled())("a pooler (PgBouncer)", () => {
  if (missing) {
    it.skip(`is not tried: ${missing}`);
    return;
  }
  const ready = journalFolder({ "0000_things": `CREATE TABLE "things" ("id" serial PRIMARY KEY);` });
  const unknown = journalFolder({ "0000_others": `CREATE TABLE "others" ("id" serial PRIMARY KEY);` });
  let server: TestServer;
  let pooler: Pgbouncer | undefined;
  beforeAll(async () => {
    server = await startServer({ major: "debian" });
    // units are free, so that a refused call would find one to lease
    for (let n = 0; n < 2; n++) await withTestDb({ migrationsFolder: ready, url: targetUrl(server.target) }, () => {});
  });
  afterEach(async () => {
    await pooler?.stop();
    pooler = undefined;
    await vi.waitFor(async () => {
      const { units } = await readStatus(server.admin);
      expect(units.filter(({ state }) => state === "leased")).toEqual([]);
    }, SOON);
  });
  afterAll(async () => {
    if (!server) return;
    try {
      await vi.waitFor(async () => {
        await sweep(server.admin, { minAge: 0, freeAge: 0, homeAge: 0 });
        const left = await server.admin.rows("select datname from pg_database where datname like 'it\\_%'");
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
    open(options).then(
      (unit) => unit.dispose().then(() => Promise.reject(new Error("it was not refused"))),
      (error: unknown) => error as TestDbError,
    );

  describe.each(DRIVERS)("with %s", (_, open) => {
    describe.each([
      ["refuses settings at login", {}],
      ["drops settings without a word", { ignore_startup_parameters: EVERY_SETTING }],
      [
        "drops settings, and takes turns between its connections",
        { ignore_startup_parameters: EVERY_SETTING, server_round_robin: "1" },
      ],
    ])("that %s", (_, settings) => {
      it.each(["session", "transaction", "statement"] as const)(
        "and pools %ss is refused by name, whether there is a unit to lease or not",
        async (poolMode) => {
          const url = targetUrl(await behind({ poolMode, settings }));
          for (const migrationsFolder of [ready, unknown]) {
            for (const isolation of ["schema", "database"]) {
              expect(await refusal(open, { migrationsFolder, url, isolation })).toMatchObject({
                code: "SERVER_POOLED",
                message: expect.stringMatching(
                  /^A connection pooler \(PgBouncer, or one like it\) answers at .*next: name the server itself, by its own host and port: withTestDb\(\{ url: /s,
                ),
              });
            }
          }
        },
      );
    });
  });

  it("is refused for a session of ours, too", async () => {
    const target = await behind({ poolMode: "session", settings: { ignore_startup_parameters: EVERY_SETTING } });
    await expect(openSession(target)).rejects.toMatchObject({ code: "SERVER_POOLED" });
  });

  it("that is named by the environment is answered with the variable to set", async () => {
    vi.stubEnv("TEST_DB_URL", targetUrl(await behind({ poolMode: "session" })));
    try {
      expect(await refusal(DRIVERS[0]?.[1] as Open, { migrationsFolder: ready })).toMatchObject({
        code: "SERVER_POOLED",
        message: expect.stringContaining("by its own host and port: TEST_DB_URL=postgres://"),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
