import { integer, pgEnum, pgTable, serial, text } from "drizzle-orm/pg-core";
import { relations } from "drizzle-orm/relations";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../src/index.ts";
import { onDatabase } from "../src/target/target.ts";
import { journalFolder } from "./support/migrations.ts";
import { SOON } from "./support/soon.ts";
import { testTarget } from "./support/target.ts";

const mood = pgEnum("mood", ["calm", "cross"]);
const owners = pgTable("owners", { id: serial().primaryKey(), name: text().notNull().unique(), mood: mood() });
const cats = pgTable("cats", {
  id: serial().primaryKey(),
  name: text().notNull(),
  ownerId: integer("owner_id").references(() => owners.id),
});
const catsRelations = relations(cats, ({ one }) => ({
  owner: one(owners, { fields: [cats.ownerId], references: [owners.id] }),
}));
const schema = { mood, owners, cats, catsRelations };

const migrationsFolder = journalFolder({
  "0000_owners": `
    CREATE TYPE "public"."mood" AS ENUM('calm', 'cross');--> statement-breakpoint
    CREATE TABLE "owners" ("id" serial PRIMARY KEY, "name" text NOT NULL, "mood" "mood", CONSTRAINT "owners_name_unique" UNIQUE("name"));--> statement-breakpoint
    INSERT INTO "owners" ("name", "mood") VALUES ('Ada', 'calm');`,
  "0001_cats": `
    CREATE TABLE "cats" ("id" serial PRIMARY KEY, "name" text NOT NULL, "owner_id" integer);--> statement-breakpoint
    ALTER TABLE "cats" ADD CONSTRAINT "cats_owner_id_owners_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."owners"("id");`,
});

describe.skipIf(!isIntegrationEnabled())("withTestDb", () => {
  /** In the database in which the units live. */
  let home: Session;
  beforeAll(async () => {
    const target = await testTarget();
    home = await withTestDb({ schema, migrationsFolder }, ({ databaseName }) =>
      openSession(onDatabase(target, databaseName)),
    );
  });
  afterAll(() => home.close());

  const schemaExists = async (name: string | null): Promise<boolean> =>
    (await home.rows("select 1 as found from pg_namespace where nspname = $1::text", [name])).length > 0;
  const recordExists = async (name: string | null): Promise<boolean> =>
    (await home.rows("select 1 as found from with_test_db.unit where name = $1::text", [name])).length > 0;

  it("hands out a typed database that holds what the migrations make, rows and sequences included", async () => {
    await withTestDb({ schema, migrationsFolder }, async ({ db, isolation, schemaName }) => {
      expect(isolation).toBe("schema");
      expect(schemaName).toMatch(/^it_[a-z0-9]{14}$/);
      expect(await db.select().from(owners)).toEqual([{ id: 1, name: "Ada", mood: "calm" }]);
      expect(await db.insert(owners).values({ name: "Bob" }).returning({ id: owners.id })).toEqual([{ id: 2 }]);
      await db.insert(cats).values({ name: "Tom", ownerId: 2 });
      expect(await db.query.cats.findFirst({ with: { owner: true } })).toMatchObject({
        name: "Tom",
        owner: { name: "Bob" },
      });
    });
  });

  it("keeps two units apart, whoever holds them", async () => {
    const [a, b] = await Promise.all([
      withTestDb({ schema, migrationsFolder }),
      withTestDb({ schema, migrationsFolder }),
    ]);
    try {
      expect(a.schemaName).not.toBe(b.schemaName);
      await a.db.insert(owners).values({ name: "Eve" });
      expect(await b.db.$count(owners)).toBe(1);
      expect(await a.db.$count(owners)).toBe(2);
      // a foreign key of one looks for its parents in its own schema
      await expect(b.db.insert(cats).values({ name: "Tom", ownerId: 2 })).rejects.toThrow();
    } finally {
      await Promise.all([a.dispose(), b.dispose()]);
    }
  });

  it("runs the migrations once, however many units are made of them", async () => {
    const origin = () => home.rows("select database, origin from with_test_db.home");
    const before = await origin();
    expect(before).toHaveLength(1);
    const units = [await withTestDb({ schema, migrationsFolder }), await withTestDb({ schema, migrationsFolder })];
    for (const { databaseName } of units) expect(databaseName).toBe(home.target.database);
    expect(await origin()).toEqual(before);
    for (const unit of units) await unit.dispose();
  });

  it("binds its url to the unit, for any client", async () => {
    await withTestDb({ schema, migrationsFolder, label: "My App!" }, async ({ url, schemaName }) => {
      expect(schemaName).toMatch(/^it_my_app_[a-z0-9]{14}$/);
      const client = postgres(url, { max: 1, onnotice: () => {} });
      try {
        expect(await client`select current_schema() as schema, name from owners`).toEqual([
          { schema: schemaName, name: "Ada" },
        ]);
      } finally {
        await client.end();
      }
    });
  });

  it("gives every connection of the client the unit, and takes the client's and Drizzle's own options", async () => {
    const logged: string[] = [];
    const testDb = await withTestDb({
      schema,
      migrationsFolder,
      client: { max: 3, connection: { statement_timeout: 12_345 } },
      drizzle: { logger: { logQuery: (query) => void logged.push(query) } },
    });
    const paths = await Promise.all(
      [1, 2, 3].map(
        () =>
          testDb.client`select current_schema() as schema, pg_backend_pid() as pid, current_setting('statement_timeout') as timeout, pg_sleep(0.1)::text`,
      ),
    );
    expect(new Set(paths.map(([row]) => row?.["schema"]))).toEqual(new Set([testDb.schemaName]));
    expect(new Set(paths.map(([row]) => row?.["pid"])).size).toBe(3);
    expect(paths[0]?.[0]?.["timeout"]).toBe("12345ms");
    await testDb.db.select().from(cats);
    expect(logged).toEqual(['select "id", "name", "owner_id" from "cats"']);
    await testDb.dispose();
  });

  describe("dispose()", () => {
    it("drops the schema and its record, and can be called twice", async () => {
      const testDb = await withTestDb({ schema, migrationsFolder });
      expect(await schemaExists(testDb.schemaName)).toBe(true);
      expect(await recordExists(testDb.schemaName)).toBe(true);
      await Promise.all([testDb.dispose(), testDb.dispose()]);
      await testDb.dispose();
      expect(await schemaExists(testDb.schemaName)).toBe(false);
      expect(await recordExists(testDb.schemaName)).toBe(false);
    });

    it("ends what still runs: a long query, an open transaction with locks, and the application's own connections", async () => {
      const testDb = await withTestDb({ schema, migrationsFolder });
      const long = testDb.client`select pg_sleep(30)`.catch((error: { code: string }) => error.code);
      const name = `app of ${testDb.schemaName}`;
      const application = postgres(testDb.url, { max: 1, onnotice: () => {}, connection: { application_name: name } });
      let locked = (): void => {};
      const hasLock = new Promise<void>((resolve) => {
        locked = resolve;
      });
      let sleeping: Promise<unknown> | undefined;
      const transaction = application
        .begin(async (tx) => {
          await tx`lock table owners in access exclusive mode`;
          sleeping = tx`select pg_sleep(30)`.catch((error: { code: string }) => error.code);
          locked();
          await sleeping;
        })
        .catch(() => {});
      await hasLock;
      await vi.waitFor(async () => {
        const active = await home.rows(
          "select 1 as found from pg_stat_activity where application_name = $1::text and query like '%pg_sleep%' and state = 'active'",
          [name],
        );
        expect(active).toHaveLength(1);
      }, SOON);
      await testDb.dispose();
      // cancelled; whoever takes too long to go after that is ended
      expect(await sleeping).toBe("57014");
      await transaction;
      expect(await long).toMatch(/57014|57P01|CONNECTION_(CLOSED|DESTROYED)/);
      await application.end({ timeout: 0 });
      expect(await schemaExists(testDb.schemaName)).toBe(false);
    });

    it("says so when somebody dropped the schema before, and forgets it all the same", async () => {
      const testDb = await withTestDb({ schema, migrationsFolder });
      await home.script(`drop schema ${testDb.schemaName} cascade`);
      await expect(testDb.dispose()).rejects.toMatchObject({
        code: "UNIT_GONE",
        message: expect.stringContaining(`The schema ${testDb.schemaName} was not there any more`),
      });
      expect(await recordExists(testDb.schemaName)).toBe(false);
    });

    it("leaves the unit when it is to be kept, and says where", async () => {
      const testDb = await withTestDb({ schema, migrationsFolder, keep: true });
      await testDb.dispose();
      expect(await schemaExists(testDb.schemaName)).toBe(true);
      await home.rows("select with_test_db.drop_unit($1::text)", [testDb.schemaName]);
    });
  });

  describe("scoped", () => {
    it("returns what the function returns, and disposes", async () => {
      let name: string | null = null;
      const count = await withTestDb({ schema, migrationsFolder }, async (testDb) => {
        name = testDb.schemaName;
        return testDb.db.$count(owners);
      });
      expect(count).toBe(1);
      expect(await schemaExists(name)).toBe(false);
    });

    it("throws what the function throws, and disposes", async () => {
      const failure = new Error("the test failed");
      let testDb: TestDb<typeof schema> | undefined;
      await expect(
        withTestDb({ schema, migrationsFolder }, async (given) => {
          testDb = given;
          throw failure;
        }),
      ).rejects.toBe(failure);
      expect(await schemaExists(testDb?.schemaName ?? null)).toBe(false);
    });

    it("works with await using", async () => {
      let name: string | null;
      {
        await using testDb = await withTestDb({ schema, migrationsFolder });
        name = testDb.schemaName;
        expect(await schemaExists(name)).toBe(true);
      }
      expect(await schemaExists(name)).toBe(false);
    });
  });

  describe("extensions", () => {
    const withExtension = journalFolder({
      "0000_extension": `
        CREATE EXTENSION IF NOT EXISTS citext;--> statement-breakpoint
        CREATE TABLE "names" ("name" citext PRIMARY KEY);--> statement-breakpoint
        INSERT INTO "names" VALUES ('Ada');`,
    });

    it("are where the migrations put them, for all units, and survive them", async () => {
      const open = () => withTestDb({ schema: {}, migrationsFolder: withExtension, isolation: "schema" });
      const [a, b] = await Promise.all([open(), open()]);
      expect(await a.client`select name from names where name = 'ADA'`).toHaveLength(1);
      await a.dispose();
      // types, functions and operators are found without a schema, and with their own
      expect(
        await b.client`select citext_eq(name, 'aDA'::public.citext) as same from names where name = 'ADA'::citext`,
      ).toEqual([{ same: true }]);
      expect(
        await b.client`select extnamespace::regnamespace::text as schema from pg_extension where extname = 'citext'`,
      ).toEqual([{ schema: "public" }]);
      await b.dispose();
    });
  });

  describe("isolation", () => {
    const outside = journalFolder({
      "0000_outside": `
        CREATE SCHEMA "billing";--> statement-breakpoint
        CREATE TABLE "billing"."invoices" ("id" serial PRIMARY KEY);--> statement-breakpoint
        CREATE TABLE "notes" ("id" serial PRIMARY KEY, "invoice" integer REFERENCES "billing"."invoices"("id"));`,
    });

    it("takes a database of its own where the migrations reach outside of public", async () => {
      const testDb = await withTestDb({ schema: {}, migrationsFolder: outside });
      expect(testDb).toMatchObject({
        isolation: "database",
        schemaName: null,
        databaseName: expect.stringMatching(/^it_/),
      });
      await testDb.client`insert into billing.invoices default values`;
      await testDb.client`insert into notes (invoice) values (1)`;
      await testDb.dispose();
      const target = onDatabase(await testTarget(), testDb.databaseName);
      await expect(openSession(target)).rejects.toMatchObject({ code: "TARGET_INVALID" });
    });

    it("refuses a schema there, naming what reaches outside", async () => {
      await expect(withTestDb({ schema: {}, migrationsFolder: outside, isolation: "schema" })).rejects.toMatchObject({
        code: "ISOLATION_REFUSED",
        message: expect.stringMatching(/made schema billing/),
      });
    });

    it("gives a database when asked for one", async () => {
      await withTestDb({ schema, migrationsFolder, isolation: "database" }, async ({ db, databaseName, url }) => {
        expect(await db.$count(owners)).toBe(1);
        expect(new URL(url).pathname).toBe(`/${databaseName}`);
      });
    });
  });

  describe("prepare and seed", () => {
    const needsRole = journalFolder({
      "0000_items": `CREATE TABLE "items" ("id" serial PRIMARY KEY, "kind" integer NOT NULL REFERENCES "kinds"("id"));`,
    });
    const items = pgTable("items", { id: serial().primaryKey(), kind: integer().notNull() });

    it("run once for all units: before the migrations, and after them", async () => {
      let runs = 0;
      const options = {
        schema: { items },
        migrationsFolder: needsRole,
        prepare: {
          key: `kinds ${Date.now()}`,
          run: async ({ client }: { client: postgres.Sql }) => {
            runs++;
            await client`create table kinds (id integer primary key)`;
            await client`insert into kinds values (7)`;
          },
        },
        seed: {
          key: "items 1",
          run: ({ db }: { db: TestDb<{ items: typeof items }>["db"] }) => db.insert(items).values({ kind: 7 }),
        },
      };
      for (let i = 0; i < 2; i++) {
        await withTestDb(options, async ({ db }) =>
          expect(await db.select().from(items)).toEqual([{ id: 1, kind: 7 }]),
        );
      }
      expect(runs).toBe(1);
    });

    it("name the step that failed", async () => {
      const seed = {
        key: "broken 1",
        run: ({ client }: { client: postgres.Sql }) => client`insert into nowhere values (1)`,
      };
      await expect(withTestDb({ schema, migrationsFolder, seed })).rejects.toMatchObject({
        code: "SEED_FAILED",
        message: expect.stringContaining('The seed step "broken 1" failed.\n  why:  relation "nowhere" does not exist'),
      });
    });
  });
});
