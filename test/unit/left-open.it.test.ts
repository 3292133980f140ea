/** Connections of an application that are still open when its unit is disposed of: which are left alone, and what becomes of the unit. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { withTestDb as withPgTestDb } from "../../src/pg.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TYPE "mood" AS ENUM('calm');--> statement-breakpoint
    CREATE TABLE "t" ("id" integer, "mood" "mood")`,
});

/** An application's connections, of which some idle in a state of their own; the numbers of the server's processes for them. */
interface Application {
  readonly pids: number[];
  readonly errors: unknown[];
  end(): Promise<void>;
}
type Open = (url: string, statements: readonly string[]) => Promise<Application>;

const PID = "select pg_backend_pid() as pid";

/** A pool with a connection for each of the statements, which was its last. */
const nodePostgres: Open = async (connectionString, statements) => {
  const pool = new pg.Pool({ connectionString, idleTimeoutMillis: 0, max: statements.length });
  const errors: unknown[] = [];
  const clients = await Promise.all(statements.map(() => pool.connect()));
  pool.on("error", (error) => errors.push(error));
  for (const client of clients) client.on("error", (error) => errors.push(error));
  const pids: number[] = [];
  for (const [index, client] of clients.entries()) {
    pids.push((await client.query<{ pid: number }>(PID)).rows[0]?.pid ?? 0);
    await client.query(statements[index] as string);
    client.release();
  }
  return { pids, errors, end: () => pool.end() };
};

const postgresJs: Open = async (url, statements) => {
  const client = postgres(url, { max: statements.length, onnotice: () => {} });
  const all = await Promise.all(statements.map(() => client.reserve()));
  const pids: number[] = [];
  for (const [index, reserved] of all.entries()) {
    pids.push((await reserved.unsafe<{ pid: number }[]>(PID))[0]?.pid ?? 0);
    await reserved.unsafe(statements[index] as string);
  }
  return { pids, errors: [], end: () => client.end({ timeout: 0 }) };
};

const QUERY = "insert into t values (1, 'calm')";
/** Each leaves a session idle, and outside of a transaction. */
const STATEMENTS = [
  QUERY,
  "begin; select * from t; commit",
  "listen news",
  "prepare p as select * from t",
  "create temporary table moods (mood mood)",
  "set lock_timeout to '1s'",
];
/** What makes dispose() take each of its ways: for a unit of the pool, for one that is dropped, for a client that is busy. */
const WAYS: readonly (readonly [string, { reuse: boolean }, (testDb: TestDb) => Promise<unknown>])[] = [
  ["goes to the pool", { reuse: true }, async () => {}],
  ["is dropped", { reuse: false }, async () => {}],
  ["was changed", { reuse: true }, async ({ client }) => client.unsafe("alter table t add column c integer")],
  [
    "has a query that runs",
    { reuse: true },
    async ({ client }) => {
      for (let i = 0; i < 5; i++) client.unsafe("select pg_sleep(30)").catch(() => {});
    },
  ],
];

describe.skipIf(!isIntegrationEnabled())("an application's connections that are left open", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_left_open_${Date.now()}`);
  });
  afterAll(() => own.drop());
  const alive = async (pids: readonly number[]): Promise<number[]> =>
    (
      await own.server.rows<{ pid: number }>(
        `select pid from pg_stat_activity where pid = any (array[${pids}]::int[]) order by pid`,
      )
    ).map(({ pid }) => pid);
  const exists = async (home: Session, name: string): Promise<boolean> =>
    (
      await home.rows(
        "select from pg_namespace where nspname = $1::text union all select from pg_database where datname = $1::text",
        [name],
      )
    ).length > 0;

  const drivers: readonly (readonly [string, Open])[] = [
    ["pg", nodePostgres],
    ["postgres", postgresJs],
  ];
  describe.each(drivers)("%s", (_, open) => {
    describe.each(["schema", "database"] as const)("to a %s", (isolation) => {
      it.each(WAYS)(
        "are left alone where they idle outside of a transaction, and the unit %s",
        async (_, given, use) => {
          const options = { migrationsFolder, url: own.url, isolation, ...given };
          const testDb = await withTestDb(options);
          const name = isolation === "schema" ? `${testDb.schemaName}` : testDb.databaseName;
          const application = await open(testDb.url, STATEMENTS);
          await use(testDb);
          await testDb.dispose();
          // the proof of a schema, or its drop, is done by then
          await withTestDb({ ...options, isolation: "schema" }, async ({ client }) => {
            await vi.waitFor(
              async () =>
                expect(
                  await client`select name from with_test_db.unit where state = 'returned' and holder <> 0`,
                ).toEqual([]),
              SOON,
            );
          });
          expect(await alive(application.pids)).toEqual([...application.pids].sort((a, b) => a - b));
          expect(application.errors).toEqual([]);
          if (isolation === "schema") {
            const home = await openSession(onDatabase(own.target, testDb.databaseName));
            expect(await exists(home, name)).toBe(false);
            await home.close();
            await application.end();
          } else {
            expect(await exists(own.server, name)).toBe(true);
            const none = await sweep(own.server, { minAge: 0, secondLookAfter: 0 });
            expect(none.databases).not.toContain(name);
            await application.end();
            await vi.waitFor(async () => expect(await alive(application.pids)).toEqual([]), SOON);
            const swept = await sweep(own.server, { minAge: 0, secondLookAfter: 0 });
            expect(swept.databases).toContain(name);
            expect(await exists(own.server, name)).toBe(false);
          }
        },
      );

      it("end where a transaction is open in them, and only these", async () => {
        const testDb = await withTestDb({ migrationsFolder, url: own.url, isolation });
        const application = await open(testDb.url, [`begin; ${QUERY}`, QUERY]);
        const [inTransaction, idle] = application.pids;
        await testDb.dispose();
        await vi.waitFor(async () => expect(await alive([inTransaction ?? 0])).toEqual([]), SOON);
        expect(await alive([idle ?? 0])).toEqual([idle]);
        await application.end();
        await vi.waitFor(async () => expect(await alive(application.pids)).toEqual([]), SOON);
        await sweep(own.server, { minAge: 0, secondLookAfter: 0 });
      });
    });
  });

  describe("in a process that lives on", () => {
    let code: number | null;
    let err: string;
    const run = (entry: string, isolation: string): Promise<void> =>
      new Promise((resolve) => {
        err = "";
        const parameters = ["--input-type=module", "-e", PROGRAM, entry, isolation, migrationsFolder];
        const child = spawn(process.execPath, parameters, {
          cwd: fileURLToPath(new URL("../..", import.meta.url)),
          env: { ...process.env, TEST_DB_URL: own.url },
          stdio: ["ignore", "ignore", "pipe"],
        });
        child.stderr.on("data", (chunk) => {
          err += chunk;
        });
        child.once("close", (status) => {
          code = status;
          resolve();
        });
      });
    beforeEach(() => {
      code = null;
    });

    it.each([
      ["with-test-db", "schema"],
      ["with-test-db", "database"],
      ["with-test-db/pg", "schema"],
      ["with-test-db/pg", "database"],
    ])("end no green run with an error: %s, %s", async (entry, isolation) => {
      await run(entry, isolation);
      expect([code, err]).toEqual([0, ""]);
      await sweep(own.server, { minAge: 0, secondLookAfter: 0 });
    });
  });

  it("keep no unit from being handed out", async () => {
    const testDb = await withPgTestDb({ migrationsFolder, url: own.url, isolation: "database" });
    const application = await nodePostgres(testDb.url, [QUERY]);
    await testDb.dispose();
    await withPgTestDb({ migrationsFolder, url: own.url, isolation: "database" }, async (next) => {
      expect(next.databaseName).not.toBe(testDb.databaseName);
      expect((await next.client.query("select * from t")).rows).toEqual([]);
    });
    await application.end();
    await vi.waitFor(async () => expect(await alive(application.pids)).toEqual([]), SOON);
    await sweep(own.server, { minAge: 0, secondLookAfter: 0 });
  });
});

/** The pool has no listener for errors, as most have none. What dispose() left to do is done while the process waits. */
const PROGRAM = `
import pg from "pg";
const [entry, isolation, migrationsFolder] = process.argv.slice(1);
const { withTestDb } = await import(entry);
const testDb = await withTestDb({ migrationsFolder, isolation });
const pool = new pg.Pool({ connectionString: testDb.url, idleTimeoutMillis: 0 });
await Promise.all([1, 2, 3].map(() => pool.query("insert into t values (1)")));
await testDb.dispose();
await new Promise((resolve) => setTimeout(resolve, 1500));
process.exit(0);`;
