/**
 * What every driver owes its users, whichever line of Drizzle is above it. A driver skips only what it declares that it
 * can't do.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type * as Orm from "drizzle-orm";
import type * as PgCore from "drizzle-orm/pg-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { CommonOptions } from "../../src/options.ts";
import type { TestDbHandle } from "../../src/test-db.ts";
import { SOON } from "../support/soon.ts";
import { beginConformance } from "./begin-conformance.ts";
import { shakeConformance } from "./shake-conformance.ts";
import { MIGRATIONS, makeTables, type Tables } from "./tables.ts";
import { truncateConformance } from "./truncate-conformance.ts";

/** A database of either driver, as far as both are alike. */
// biome-ignore lint/suspicious/noExplicitAny: each line and driver types db.query in its own way; test/types looks at that
export type AnyDb = PgCore.PgDatabase<PgCore.PgQueryResultHKT, any>;
export type Rows = Record<string, unknown>[];

/** A driver with a line of Drizzle above it. */
export interface Subject<Client> {
  readonly name: string;
  /** What it is imported by, and from where: a process of its own does, too. */
  readonly module: { readonly specifier: string; readonly directory: string };
  readonly orm: typeof Orm;
  readonly core: typeof PgCore;
  /** Writes migrations in the line's layout. */
  migrationsFolder(migrations: Readonly<Record<string, string>>): string;
  /** The option that types `db.query`. */
  typedBy(tables: Tables): object;
  withTestDb(options: Options<Client>): Promise<TestDbHandle<AnyDb, Client>>;
  isClient(client: unknown): boolean;
  /** The driver's own way to run a query, without Drizzle. */
  query(client: Client, text: string): Promise<Rows>;
  /** Opens a transaction by hand and leaves it open. */
  leaveOpen(client: Client, text: string): Promise<unknown>;
  /** A client of one's own on a URL. */
  connect(url: string): { readonly client: Client; end(): Promise<void> };
  /** The driver's options for at most so many connections, and this server setting. */
  options(max: number, statementTimeout: number): object;
  readonly declares: {
    /** How the bare client returns dates: Drizzle turns off the parsing of postgres.js. */
    readonly dates: "Date" | "string";
    /** Whether `true` can be stored as JSON: postgres.js under drizzle-orm 1.0.0-rc.5 sends it as a boolean. */
    readonly jsonBooleans: boolean;
    /** What becomes of a COMMIT as SQL inside of `begin()`: postgres.js sends what it is given. */
    readonly ownCommits: "ignored" | "sent";
  };
}

export type Options<Client> = CommonOptions<{ readonly db: AnyDb; readonly client: Client }> & {
  readonly client?: object;
  readonly drizzle?: object;
};

/** The first Postgres code in an error or its causes. */
function codeOf(error: unknown): unknown {
  for (let e = error; e instanceof Error; e = e.cause) if ("code" in e) return e.code;
  return undefined;
}
export const codeFrom = (work: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(work).then(
    () => "it did not fail",
    (error: unknown) => codeOf(error) ?? String(error),
  );

export function conformance<Client>(subject: Subject<Client>): void {
  const { sql, eq } = subject.orm;
  const tables = makeTables(subject.core);
  const { owners, cats } = tables;
  const migrationsFolder = subject.migrationsFolder(MIGRATIONS);
  const open = (options: Partial<Options<Client>> = {}): Promise<TestDbHandle<AnyDb, Client>> =>
    subject.withTestDb({ migrationsFolder, ...subject.typedBy(tables), ...options });

  const where = `select current_schema() as schema, pg_backend_pid() as pid, current_setting('application_name') as app`;

  describe("queries", () => {
    let testDb: TestDbHandle<AnyDb, Client>;
    beforeAll(async () => {
      testDb = await open();
    });
    afterAll(() => testDb?.dispose());

    it("hands out the driver's own client, the one that is under Drizzle", () => {
      expect(subject.isClient(testDb.client)).toBe(true);
      expect((testDb.db as unknown as { $client: unknown }).$client).toBe(testDb.client);
    });

    it("inserts, reads, updates and deletes", async () => {
      const { db } = testDb;
      const [bob] = await db.insert(owners).values({ name: "Bob", mood: 'it\'s "odd"' }).returning();
      expect(bob).toEqual({ id: 2, name: "Bob", mood: 'it\'s "odd"' });
      await db.update(owners).set({ mood: "cross" }).where(eq(owners.name, "Bob"));
      expect(await db.select({ mood: owners.mood }).from(owners).where(eq(owners.id, 2))).toEqual([{ mood: "cross" }]);
      expect(await db.$count(owners)).toBe(2);
      await db.delete(owners).where(eq(owners.name, "Bob"));
      expect(await db.$count(owners)).toBe(1);
    });

    it("brings every type back as it went in", async () => {
      const cat = {
        name: "Tom, 'the' \\ \"cat\" 🐈",
        ownerId: 1,
        moods: ["calm" as const, 'it\'s "odd"' as const],
        tags: ["a,b", 'c"d', "e\\f", "", "NULL"],
        grid: [1, -2],
        facts: { lives: 9, names: ["a", { deep: null }], text: "q\"uo'te" },
        born: "2024-02-29",
        fedAt: new Date("2025-06-30T23:59:59.123Z"),
        seenAt: "2025-01-02 03:04:05.678",
        napAt: "13:37:00",
        weight: "4.250",
        steps: 9_007_199_254_740_993n,
        tame: true,
      };
      await testDb.db.insert(cats).values(cat);
      expect(await testDb.db.select().from(cats)).toEqual([{ id: 1, ...cat }]);
      for (const facts of ["text", 7, [1, 2], [], ...(subject.declares.jsonBooleans ? [true, false] : [])]) {
        await testDb.db.update(cats).set({ facts });
        expect(await testDb.db.select({ facts: cats.facts }).from(cats)).toEqual([{ facts }]);
      }
      await testDb.db.delete(cats);
    });

    it("knows relations: db.query", async () => {
      await testDb.db.insert(cats).values({ name: "Tom", ownerId: 1, born: "2024-02-29" });
      const query = testDb.db.query as unknown as { cats: { findFirst(by: object): Promise<unknown> } };
      expect(await query.cats.findFirst({ columns: { name: true, born: true }, with: { owner: true } })).toEqual({
        name: "Tom",
        born: "2024-02-29",
        owner: { id: 1, name: "Ada", mood: "calm" },
      });
      await testDb.db.delete(cats);
    });

    it("parses what the bare client returns as its users expect", async () => {
      const [row] = await subject.query(
        testDb.client,
        `select '2025-06-30T23:59:59.123Z'::timestamptz as at, '{"a": [1, null]}'::jsonb as facts, '{1,2}'::int[] as list,
                '{a,"b c"}'::text[] as words, 7::int4 as int, 7::int8 as big, 1.50::numeric as exact, true as yes, null as nothing`,
      );
      expect(row).toEqual({
        at: subject.declares.dates === "Date" ? new Date("2025-06-30T23:59:59.123Z") : expect.stringMatching(/^2025-/),
        facts: { a: [1, null] },
        list: [1, 2],
        words: ["a", "b c"],
        int: 7,
        big: "7",
        exact: "1.50",
        yes: true,
        nothing: null,
      });
    });

    it("reports Postgres' codes, through Drizzle and without", async () => {
      expect(await codeFrom(testDb.db.insert(owners).values({ name: "Ada" }))).toBe("23505");
      expect(await codeFrom(testDb.db.insert(cats).values({ name: "Tom", ownerId: 999 }))).toBe("23503");
      expect(await codeFrom(testDb.db.execute(sql`select * from nowhere`))).toBe("42P01");
      expect(await codeFrom(subject.query(testDb.client, "selekt 1"))).toBe("42601");
    });
  });

  describe("transactions", () => {
    let testDb: TestDbHandle<AnyDb, Client>;
    beforeAll(async () => {
      testDb = await open();
    });
    afterAll(() => testDb?.dispose());
    afterEach(() => testDb.db.delete(cats));
    const names = async (): Promise<string[]> =>
      (await testDb.db.select({ name: cats.name }).from(cats).orderBy(cats.name)).map(({ name }) => name);

    it("commit, and roll back what throws", async () => {
      await testDb.db.transaction((tx) => tx.insert(cats).values({ name: "a" }));
      const failure = new Error("no");
      await expect(
        testDb.db.transaction(async (tx) => {
          await tx.insert(cats).values({ name: "b" });
          throw failure;
        }),
      ).rejects.toBe(failure);
      expect(await names()).toEqual(["a"]);
    });

    it("nest as savepoints", async () => {
      await testDb.db.transaction(async (tx) => {
        await tx.insert(cats).values({ name: "a" });
        const inner = tx.transaction(async (nested) => {
          await nested.insert(cats).values({ name: "b" });
          await nested.transaction((deep) => deep.insert(cats).values({ name: "c", ownerId: 999 }));
        });
        expect(await codeFrom(inner)).toBe("23503");
        await tx.transaction((nested) => nested.insert(cats).values({ name: "d" }));
      });
      expect(await names()).toEqual(["a", "d"]);
    });

    it("leave the connection usable after an error in them", async () => {
      for (let i = 0; i < 12; i++) {
        expect(await codeFrom(testDb.db.transaction((tx) => tx.execute(sql`select 1 / 0`)))).toBe("22012");
      }
      expect(await names()).toEqual([]);
    });
  });

  describe("connections", () => {
    it("are all bound to the unit, from their first message on", async () => {
      const testDb = await open({ label: "all bound", client: subject.options(4, 12_345) });
      const rows = await Promise.all(
        Array.from({ length: 4 }, () =>
          subject.query(
            testDb.client,
            `${where}, current_setting('statement_timeout') as timeout, pg_sleep(0.2)::text as slept`,
          ),
        ),
      );
      const seen = rows.flat();
      expect(new Set(seen.map(({ schema }) => schema))).toEqual(new Set([testDb.schemaName]));
      expect(new Set(seen.map(({ app }) => app))).toEqual(new Set([testDb.schemaName]));
      expect(new Set(seen.map(({ timeout }) => timeout))).toEqual(new Set(["12345ms"]));
      expect(new Set(seen.map(({ pid }) => pid)).size).toBe(4);
      await testDb.dispose();
    });

    it("see no more of a unit than what was asked for: max", async () => {
      const testDb = await open({ client: subject.options(1, 0) });
      const pids = await Promise.all([1, 2, 3].map(() => subject.query(testDb.client, where)));
      expect(new Set(pids.flat().map(({ pid }) => pid)).size).toBe(1);
      await testDb.dispose();
    });

    it("are not led elsewhere by PG* variables", async () => {
      const misleading = {
        PGHOST: "nowhere.invalid",
        PGPORT: "1",
        PGUSER: "nobody",
        PGPASSWORD: "wrong",
        PGDATABASE: "nothing",
        PGOPTIONS: "-c search_path=pg_catalog",
        PGAPPNAME: "misled",
        PGAPPLICATION_NAME: "misled",
        PGSSLMODE: "verify-full",
        PGSSLNEGOTIATION: "direct",
        PGREPLICATION: "database",
        PGMAX: "1",
      };
      const kept = { ...process.env };
      Object.assign(process.env, misleading);
      try {
        const testDb = await open({
          seed: {
            key: `misled ${Date.now()}`,
            run: ({ client }) => subject.query(client, "insert into cats (name) values ('Tom')"),
          },
        });
        const rows = await Promise.all(
          [1, 2].map(() => subject.query(testDb.client, `${where} from cats, pg_sleep(0.05)`)),
        );
        for (const [row] of rows) expect(row).toMatchObject({ schema: testDb.schemaName, app: testDb.schemaName });
        await testDb.dispose();
      } finally {
        for (const name of Object.keys(misleading)) delete process.env[name];
        Object.assign(process.env, kept);
      }
    });

    it("are bound by the url, too, for a client that is opened elsewhere", async () => {
      const testDb = await open();
      const { client, end } = subject.connect(testDb.url);
      try {
        expect(await subject.query(client, "select current_schema() as schema, name from owners")).toEqual([
          { schema: testDb.schemaName, name: "Ada" },
        ]);
      } finally {
        await end();
        await testDb.dispose();
      }
    });

    it("that the server ends are replaced, and end nothing but their queries", async () => {
      const testDb = await open({ client: subject.options(2, 0) });
      const [idle] = await subject.query(testDb.client, where);
      const { client, end } = subject.connect(testDb.url);
      const [gone] = await subject.query(client, `select pg_terminate_backend(${idle?.["pid"]}, 10000) as gone`);
      expect(gone).toEqual({ gone: true });
      // this process has been told by then, and the client hears of it in one of the next turns
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await testDb.db.$count(owners)).toBe(1);
      const busy = codeFrom(subject.query(testDb.client, "select pg_sleep(30)"));
      await vi.waitFor(async () => {
        const ended = await subject.query(
          client,
          `select pg_terminate_backend(pid, 10000) as gone from pg_stat_activity
            where application_name = '${testDb.schemaName}' and query = 'select pg_sleep(30)' and state = 'active'`,
        );
        expect(ended).toEqual([{ gone: true }]);
      }, SOON);
      expect(await busy).toMatch(/57P01|CONNECTION_CLOSED|terminated/);
      expect(await testDb.db.$count(owners)).toBe(1);
      await end();
      await testDb.dispose();
    });

    it("reach a unit that is a database", async () => {
      const testDb = await open({ isolation: "database" });
      expect(
        await subject.query(testDb.client, "select current_database() as name, count(*)::int as n from owners"),
      ).toEqual([{ name: testDb.databaseName, n: 1 }]);
      await testDb.dispose();
    });
  });

  describe("options", () => {
    it("for Drizzle are passed on", async () => {
      const logged: string[] = [];
      const testDb = await open({ drizzle: { logger: { logQuery: (query: string) => void logged.push(query) } } });
      await testDb.db.select({ id: owners.id }).from(owners);
      expect(logged).toEqual(['select "id" from "owners"']);
      await testDb.dispose();
    });

    it("prepare and seed get the driver's own client and Drizzle, once", async () => {
      const runs: string[] = [];
      const options: Partial<Options<Client>> = {
        prepare: {
          key: `prepare ${Date.now()}`,
          run: async ({ db, client }) => {
            runs.push(`prepare ${subject.isClient(client)}`);
            await db.execute(sql`create schema auth`);
            await subject.query(client, "create table auth.users (id integer primary key)");
          },
        },
        seed: {
          key: `seed ${Date.now()}`,
          run: async ({ db, client }) => {
            runs.push(`seed ${subject.isClient(client)}`);
            await db.transaction((tx) => tx.insert(owners).values({ name: "Bob" }));
            await subject.query(client, "insert into cats (name, owner_id) values ('Tom', 2)");
          },
        },
      };
      for (let i = 0; i < 2; i++) {
        const testDb = await open(options);
        expect(await testDb.db.select({ name: cats.name, ownerId: cats.ownerId }).from(cats)).toEqual([
          { name: "Tom", ownerId: 2 },
        ]);
        await testDb.dispose();
      }
      expect(runs).toEqual(["prepare true", "seed true"]);
    });

    it("seed is named where it fails", async () => {
      const seed = {
        key: "broken 1",
        run: ({ client }: { client: Client }) => subject.query(client, "insert into nowhere values (1)"),
      };
      await expect(open({ seed })).rejects.toMatchObject({
        code: "SEED_FAILED",
        message: expect.stringContaining('The seed step "broken 1" failed.\n  why:  relation "nowhere" does not exist'),
      });
    });
  });

  describe("reset() and rollback()", () => {
    it.each(["schema", "database"] as const)("bring a %s back, and leave the client usable", async (isolation) => {
      const testDb = await open({ isolation, client: subject.options(2, 0) });
      await Promise.all([1, 2].map((n) => testDb.db.insert(owners).values({ name: `Bob ${n}` })));
      await testDb.reset();
      expect(await testDb.db.insert(owners).values({ name: "Eve" }).returning({ id: owners.id })).toEqual([{ id: 2 }]);
      const inside = await testDb.rollback(async (tx) => {
        await tx.insert(owners).values({ name: "Zoe" });
        const nested = tx.transaction((deep) => deep.insert(owners).values({ name: "Zoe" }));
        expect(await codeFrom(nested)).toBe("23505");
        return tx.$count(owners);
      });
      expect(inside).toBe(3);
      expect(await testDb.db.$count(owners)).toBe(2);
      await testDb.dispose();
    });
  });

  beginConformance(subject, tables, open);
  truncateConformance(subject);
  shakeConformance(subject);

  describe("connect()", () => {
    it("opens a client that waits for locks of the unit's own, sees what was committed, and is closed with it", async () => {
      const testDb = await open();
      const other = await testDb.connect();
      expect(subject.isClient(other.client)).toBe(true);
      expect((await subject.query(other.client, where))[0]).toMatchObject({ schema: testDb.schemaName });
      let updated: Promise<unknown> | undefined;
      await testDb.db.transaction(async (tx) => {
        await tx.update(owners).set({ mood: "cross" });
        expect(await other.db.select({ mood: owners.mood }).from(owners)).toEqual([{ mood: "calm" }]);
        updated = other.db
          .update(owners)
          .set({ name: "Eve" })
          .returning()
          .then((rows) => rows);
        const waiting = `select from pg_stat_activity where wait_event_type = 'Lock' and application_name = '${testDb.schemaName}'`;
        await vi.waitUntil(async () => (await subject.query(testDb.client, waiting)).length > 0, SOON);
      });
      expect(await updated).toEqual([{ id: 1, name: "Eve", mood: "cross" }]);
      const third = await testDb.connect();
      await third.close();
      await testDb.dispose();
      await expect(other.db.$count(owners)).rejects.toThrow();
      await expect(testDb.connect()).rejects.toMatchObject({ code: "UNIT_GONE" });
    });

    it("goes on after a reset that made the unit anew", async () => {
      const testDb = await open();
      const other = await testDb.connect();
      expect(await other.db.select({ mood: owners.mood }).from(owners)).toEqual([{ mood: "calm" }]);
      await subject.query(testDb.client, "alter table cats add column extra int");
      await testDb.reset();
      expect(await other.db.select({ mood: owners.mood }).from(owners)).toEqual([{ mood: "calm" }]);
      await testDb.dispose();
    });
  });

  describe("dispose()", () => {
    it("can be called twice, at once and afterwards", async () => {
      const testDb = await open();
      await testDb.db.$count(owners);
      await Promise.all([testDb.dispose(), testDb.dispose()]);
      await testDb.dispose();
      const late = expect.stringContaining("was disposed of");
      await expect(testDb.reset()).rejects.toMatchObject({ code: "RESET_FAILED", message: late });
      await expect(testDb.rollback(async () => {})).rejects.toMatchObject({ code: "ROLLBACK_FAILED", message: late });
      await expect(subject.query(testDb.client, "select 1")).rejects.toThrow();
    });

    it("before the first query", async () => {
      await (await open()).dispose();
    });

    it("after the user has ended the client", async () => {
      const testDb = await open();
      await testDb.db.$count(owners);
      await (testDb.client as { end(): Promise<void> }).end();
      await testDb.dispose();
    });

    it("answers every query that runs, and every one that waits for a connection", async () => {
      const testDb = await open({ client: subject.options(2, 0) });
      const queries = Array.from({ length: 6 }, () => codeFrom(subject.query(testDb.client, "select pg_sleep(30)")));
      const transactions = Array.from({ length: 3 }, () =>
        codeFrom(testDb.db.transaction((tx) => tx.execute(sql`select pg_sleep(30)`))),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));
      const before = performance.now();
      await testDb.dispose();
      expect(performance.now() - before).toBeLessThan(20_000);
      for (const code of await Promise.all([...queries, ...transactions])) expect(code).not.toBe("it did not fail");
    });

    it("ends transactions that nobody ends", async () => {
      const testDb = await open();
      await subject.leaveOpen(testDb.client, "lock table owners in access exclusive mode");
      // it would be waited for in vain
      await testDb.dispose();
    });

    const { specifier, directory } = subject.module;
    it.skipIf(!existsSync(`${directory}/node_modules/with-test-db/dist/index.mjs`))(
      "leaves nothing that keeps a process from ending",
      () => {
        const options = JSON.stringify({ migrationsFolder, client: subject.options(3, 0) });
        const program = `
        import { withTestDb } from ${JSON.stringify(specifier)};
        const testDb = await withTestDb(${options});
        const { sql } = await import("drizzle-orm");
        await Promise.all([1, 2, 3].map(() => testDb.db.execute(sql\`select pg_sleep(0.05)\`)));
        testDb.db.execute(sql\`select pg_sleep(300)\`).catch(() => {});
        await testDb.dispose();
        process.stdout.write("disposed");`;
        const { stdout, stderr, status, signal } = spawnSync(
          process.execPath,
          ["--input-type=module", "--no-warnings", "-e", program],
          { cwd: directory, encoding: "utf8", timeout: 50_000 },
        );
        expect({ stdout, stderr, status, signal }).toEqual({ stdout: "disposed", stderr: "", status: 0, signal: null });
      },
      60_000,
    );
  });
}
