import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { journalFolder } from "../support/migrations.ts";
import { openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const migrationsFolder = journalFolder({
  "0000_init": `
    CREATE TYPE "size" AS ENUM('s', 'm');--> statement-breakpoint
    CREATE TABLE "kinds" ("id" serial PRIMARY KEY, "name" text NOT NULL UNIQUE);--> statement-breakpoint
    INSERT INTO "kinds" ("name") VALUES ('one'), ('two'), ('three');--> statement-breakpoint
    CREATE TABLE "items" ("id" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "kind" integer NOT NULL REFERENCES "kinds"("id") ON DELETE CASCADE, "size" "size");--> statement-breakpoint
    CREATE TABLE "log" ("what" text, "made" text DEFAULT '${Date.now()}');--> statement-breakpoint
    CREATE FUNCTION "note"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log (what) VALUES (TG_OP); RETURN NULL; END $$;--> statement-breakpoint
    CREATE TRIGGER "items_note" AFTER INSERT OR DELETE ON "items" FOR EACH ROW EXECUTE FUNCTION "note"();`,
});

describe.skipIf(!isIntegrationEnabled())("the pool", () => {
  const options = { schema: {}, migrationsFolder, isolation: "schema" } as const;
  let server: Session;
  beforeAll(async () => {
    server = await openSession(await testTarget());
  });
  afterAll(() => server.close());

  /** The oid of the schema: it stays the same when a unit is used again. */
  const oid = async (name: string | null): Promise<string | undefined> =>
    (await server.rows<{ oid: string }>("select oid::text from pg_namespace where nspname = $1::text", [name]))[0]?.oid;

  /** Gives a unit back, waits until it is ready again, and takes the next one. */
  async function next(unit: TestDb<Record<string, never>>): Promise<TestDb<Record<string, never>>> {
    const [record] = await server.rows<{ fingerprint: string }>(
      "select fingerprint from with_test_db.unit where name = $1::text",
      [unit.schemaName],
    );
    await unit.dispose();
    await vi.waitFor(async () => {
      const waiting = await server.rows(
        "select 1 as found from with_test_db.unit where state = 'returned' and fingerprint = $1::text",
        [record?.fingerprint ?? ""],
      );
      expect(waiting).toEqual([]);
    }, SOON);
    return withTestDb(options);
  }

  /** Uses a unit, and tells whether the next one is the same, made pristine. */
  async function reusedAfter(use: (unit: TestDb<Record<string, never>>) => Promise<unknown>): Promise<boolean> {
    const first = await withTestDb(options);
    const before = await oid(first.schemaName);
    await use(first);
    const second = await next(first);
    try {
      expect(second.schemaName).not.toBe(first.schemaName);
      expect(await second.client`select id, name from kinds`).toEqual([
        { id: 1, name: "one" },
        { id: 2, name: "two" },
        { id: 3, name: "three" },
      ]);
      expect(await second.client`select count(*)::int as n from items`).toEqual([{ n: 0 }]);
      expect(await second.client`select count(*)::int as n from log`).toEqual([{ n: 0 }]);
      // sequences are where the migrations left them, and triggers work under the new name
      expect(await second.client`insert into items (kind) values (3) returning id`).toEqual([{ id: 1 }]);
      expect(await second.client`select what from log`).toEqual([{ what: "INSERT" }]);
      return (await oid(second.schemaName)) === before;
    } finally {
      await second.dispose();
    }
  }

  it("hands out a unit again, under a new name, as the migrations made it", async () => {
    expect(
      await reusedAfter(async ({ client }) => {
        await client`insert into items (kind, size) values (1, 's'), (2, 'm')`;
        await client`delete from items where kind = 1`;
      }),
    ).toBe(true);
  });

  it("puts seed rows back that were changed, deleted or added to, in their order", async () => {
    expect(await reusedAfter(({ client }) => client`update kinds set name = 'changed' where id = 2`)).toBe(true);
    expect(await reusedAfter(({ client }) => client`delete from kinds where id = 1`)).toBe(true);
    expect(await reusedAfter(({ client }) => client`insert into kinds (name) values ('four')`)).toBe(true);
    expect(await reusedAfter(({ client }) => client`truncate kinds cascade`)).toBe(true);
  });

  it("puts sequences back", async () => {
    expect(await reusedAfter(({ client }) => client`select setval('items_id_seq', 500, false)`)).toBe(true);
    expect(await reusedAfter(({ client }) => client`select nextval('kinds_id_seq')`)).toBe(true);
  });

  const ddl = {
    "a table was added": "create table extra (id integer)",
    "a column was added": "alter table items add column extra text",
    "a column was renamed": "alter table items rename column size to sizes",
    "a default changed": "alter table log alter column made set default 'x'",
    "an index was added": "create index extra on log (what)",
    "an index was dropped": "alter table kinds drop constraint kinds_name_key",
    "a trigger was disabled": "alter table items disable trigger items_note",
    "a constraint was added": "alter table log add constraint extra check (what <> '')",
    "a function was replaced":
      "create or replace function note() returns trigger language plpgsql as $$ begin return null; end $$",
    "a function was added": "create function extra() returns integer language sql as 'select 1'",
    "an enum got a value": "alter type size add value 'l'",
    "a type was added": "create type extra as (a integer)",
    "a view was added": "create view extra as select 1 as one",
    "row security was switched on": "alter table items enable row level security",
    "a policy was added": "create policy extra on items using (true)",
    "a right was granted": "grant select on items to public",
    "a comment was made": "comment on table items is 'extra'",
    "a storage option was set": "alter table items set (fillfactor = 50)",
    "a sequence was altered": "alter sequence kinds_id_seq increment by 7",
    "a rule was added": "create rule extra as on insert to log do instead nothing",
    "statistics were added": "create statistics extra on what, made from log",
    "a cast was added": "create cast (size as integer) with inout",
    "the identity was dropped": "alter table items alter column id drop identity",
    "a table was made unlogged": "alter table log set unlogged",
    "a default privilege was set": "alter default privileges in schema current_schema grant select on tables to public",
  };
  it.each(Object.entries(ddl))("drops a unit in which %s", async (_, statement) => {
    expect(
      await reusedAfter(({ client, schemaName }) =>
        client.unsafe(statement.replace("current_schema", String(schemaName))),
      ),
    ).toBe(false);
  });

  it("drops a unit in whose time a large object was made", async () => {
    expect(
      await reusedAfter(async ({ client }) => {
        const [row] = await client`select lo_create(0) as oid`;
        await server.rows("select lo_unlink($1::oid)", [row?.["oid"]]);
        await client`select lo_create(0)`;
      }),
    ).toBe(false);
    await server.rows("select lo_unlink(oid) from pg_largeobject_metadata");
  });

  it("lets nobody who still has the old name reach the next user", async () => {
    const first = await withTestDb(options);
    const name = first.schemaName;
    const second = await next(first);
    await expect(server.script(`insert into ${name}.log values ('straggler')`)).rejects.toThrow(/does not exist/);
    expect(await second.client`select count(*)::int as n from log`).toEqual([{ n: 0 }]);
    await second.dispose();
  });

  it("takes one unit of several, whatever plan the server makes", async () => {
    const { session, url, drop } = await openOwnDatabase(`it_plans_${Date.now().toString(36)}`);
    try {
      const here = { ...options, url };
      const units = [await withTestDb(here)];
      for (let more = 0; more < 3; more++) units.push(await withTestDb(here));
      for (const unit of units) await unit.dispose();
      const [record] = await session.rows<{ key: string }>(
        "select split_part(fingerprint, '_', 1) as key from with_test_db.blueprint",
      );
      const free = "select name from with_test_db.unit where state = 'free'";
      await vi.waitFor(async () => expect((await session.rows(free)).length).toBeGreaterThan(3), SOON);
      const before = await session.rows<{ name: string }>(free);
      // as after an analyze that came early: for each unit, of which there is one, look for a free one; and in the order in
      // which they lie on the page, the second to be found comes after the first
      for (const [at, { name }] of before.entries()) {
        const freed =
          "update with_test_db.unit set freed_at = now() - $2::int * interval '1 second' where name = $1::text";
        await session.rows(freed, [name, at]);
      }
      await session.script(`
        alter table with_test_db.unit set (autovacuum_enabled = off);
        update pg_class set relpages = 1, reltuples = 1 where oid = 'with_test_db.unit'::regclass`);
      const lease =
        "select how from with_test_db.lease_unit($1::text, $2::text, 1, true, current_database(), (select version from with_test_db.format))";
      expect(await session.rows(lease, ["it_plans", record?.key])).toEqual([{ how: "reused" }]);
      const still = new Set((await session.rows<{ name: string }>(free)).map(({ name }) => name));
      expect(before.filter(({ name }) => !still.has(name))).toHaveLength(1);
    } finally {
      await drop();
    }
  });

  it("gives sequences back to reset() that a session keeps values of to itself", async () => {
    const own = journalFolder({
      "0000_own": `CREATE TABLE own (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (CACHE 10), made text DEFAULT 'cache ${Date.now()}')`,
    });
    const testDb = await withTestDb({ ...options, migrationsFolder: own, client: { max: 1 } });
    const insert = () => testDb.client`insert into own default values returning id`;
    expect(await insert()).toEqual([{ id: 1 }]);
    await testDb.reset();
    expect(await insert()).toEqual([{ id: 1 }]);
    await testDb.dispose();
  });

  it("keeps no unit whose rows would not outlive a crash of the server", async () => {
    const own = journalFolder({
      "0000_own": `CREATE UNLOGGED TABLE own (id serial PRIMARY KEY, made text DEFAULT 'unlogged ${Date.now()}');--> statement-breakpoint
INSERT INTO own DEFAULT VALUES;`,
    });
    const testDb = await withTestDb({ ...options, migrationsFolder: own });
    const [unit] = await server.rows<{ fingerprint: string }>(
      "select fingerprint from with_test_db.unit where name = $1::text",
      [testDb.schemaName],
    );
    const others = () =>
      server.rows("select name from with_test_db.unit where fingerprint = $1::text and name <> $2::text", [
        unit?.fingerprint,
        testDb.schemaName,
      ]);
    expect(await testDb.client`select id from own`).toEqual([{ id: 1 }]);
    await testDb.client`delete from own`;
    await testDb.reset();
    expect(await testDb.client`select id from own`).toEqual([{ id: 1 }]);
    await testDb.dispose();
    await vi.waitFor(async () => expect(await others()).toEqual([]), SOON);
  });

  it("never renames a unit that holds its name as text, where no rename reaches", async () => {
    const own = journalFolder({
      "0000_own": `CREATE TABLE own (made text DEFAULT 'text ${Date.now()}');--> statement-breakpoint
        CREATE VIEW there AS SELECT to_regclass('public.own') IS NOT NULL AS is_there;`,
    });
    for (let i = 0; i < 3; i++) {
      await withTestDb({ ...options, migrationsFolder: own }, async ({ client }) => {
        expect(await client`select is_there from there`).toEqual([{ is_there: true }]);
      });
    }
  });

  it("drops a unit whose triggers fire even when it is emptied", async () => {
    const own = journalFolder({
      "0000_own": `CREATE TABLE own (id integer, made text DEFAULT 'always ${Date.now()}');--> statement-breakpoint
        CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;--> statement-breakpoint
        CREATE TRIGGER stay BEFORE DELETE ON own FOR EACH ROW EXECUTE FUNCTION stay();--> statement-breakpoint
        ALTER TABLE own ENABLE ALWAYS TRIGGER stay;`,
    });
    for (let i = 0; i < 3; i++) {
      const unit = await withTestDb({ ...options, migrationsFolder: own });
      expect(await unit.client`select id from own`).toEqual([]);
      await unit.client`insert into own (id) values (1)`;
      await unit.reset();
      expect(await unit.client`select id from own`).toEqual([]);
      await unit.client`insert into own (id) values (2)`;
      await (await next(unit)).dispose();
    }
  });

  it("comes back from a partitioned table with references and seed rows", async () => {
    const own = journalFolder({
      "0000_own": `CREATE TABLE kinds (id integer PRIMARY KEY, made text DEFAULT 'parts ${Date.now()}');--> statement-breakpoint
        INSERT INTO kinds (id) VALUES (1), (2);--> statement-breakpoint
        CREATE TABLE events (id integer, kind integer REFERENCES kinds (id)) PARTITION BY RANGE (id);--> statement-breakpoint
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (1) TO (10);`,
    });
    await withTestDb({ ...options, migrationsFolder: own }, async (unit) => {
      for (let i = 0; i < 2; i++) {
        await unit.client`insert into events values (3, 1)`;
        await unit.client`update kinds set made = 'changed'`;
        await unit.reset();
        expect(await unit.client`select * from events`).toEqual([]);
        expect(await unit.client`select count(*)::int as n from kinds where made like 'parts %'`).toEqual([{ n: 2 }]);
      }
    });
  });

  it("makes a new unit and drops it when reuse is off", async () => {
    const first = await withTestDb({ ...options, reuse: false });
    const before = await oid(first.schemaName);
    await first.dispose();
    expect(await server.rows("select 1 as found from pg_namespace where oid = $1::oid", [before])).toEqual([]);
  });

  describe("reset()", () => {
    it("brings rows and sequences back, under the same name and connections", async () => {
      await withTestDb(options, async (unit) => {
        const [{ pid } = {}] = await unit.client`select pg_backend_pid() as pid`;
        await unit.client`insert into items (kind) values (1)`;
        await unit.client`delete from kinds`;
        await unit.reset();
        expect(await unit.client`select name from kinds`).toHaveLength(3);
        expect(await unit.client`select * from items`).toHaveLength(0);
        expect(await unit.client`insert into items (kind) values (1) returning id, pg_backend_pid() as pid`).toEqual([
          { id: 1, pid },
        ]);
      });
    });

    it("undoes DDL, too", async () => {
      await withTestDb(options, async (unit) => {
        await unit.db.execute(sql`drop table items`);
        await unit.reset();
        expect(await unit.client`insert into items (kind) values (1) returning id`).toEqual([{ id: 1 }]);
      });
    });

    it("works on a database of its own", async () => {
      await withTestDb({ ...options, isolation: "database" }, async (unit) => {
        await unit.client`delete from kinds`;
        await unit.reset();
        // the connection of before was ended with the database
        await unit.client`select 1`.catch(() => {});
        expect(await unit.client`select name from kinds`).toHaveLength(3);
      });
    });

    it("says that a transaction is still open", async () => {
      await withTestDb(options, async (unit) => {
        const reserved = await unit.client.reserve();
        await reserved`begin`;
        await reserved`lock table items in access exclusive mode`;
        await expect(unit.reset()).rejects.toMatchObject({
          code: "RESET_FAILED",
          message: expect.stringMatching(/a transaction is still open/),
        });
        await reserved`rollback`;
        reserved.release();
      });
    });
  });

  describe("rollback()", () => {
    it("undoes what the function did, nested transactions included, and returns its result", async () => {
      await withTestDb(options, async (unit) => {
        const result = await unit.rollback(async (db) => {
          await db.execute(sql`insert into items (kind) values (1)`);
          await db.transaction(async (inner) => {
            await inner.execute(sql`insert into items (kind) values (2)`);
          });
          await db
            .transaction(async (inner) => {
              await inner.execute(sql`insert into items (kind) values (3)`);
              throw new Error("only this savepoint");
            })
            .catch(() => {});
          const rows = await db.execute(sql`select kind from items order by 1`);
          return [...rows].map((row) => row["kind"]);
        });
        expect(result).toEqual([1, 2]);
        expect(await unit.client`select * from items`).toHaveLength(0);
      });
    });

    it("throws what the function throws", async () => {
      await withTestDb(options, async (unit) => {
        const failure = new Error("the test failed");
        await expect(unit.rollback(() => Promise.reject(failure))).rejects.toBe(failure);
      });
    });

    it("says so when the function committed", async () => {
      await withTestDb(options, async (unit) => {
        await expect(
          unit.rollback(async (db) => {
            await db.execute(sql`insert into items (kind) values (1)`);
            await db.execute(sql`commit`);
          }),
        ).rejects.toMatchObject({ code: "ROLLBACK_FAILED" });
      });
    });
  });
});
