import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { onDatabase } from "../../src/target/target.ts";
import { settled } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { openOwnDatabase } from "../support/own-database.ts";
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
  /** In the database in which the units live. */
  let home: Session;
  beforeAll(async () => {
    const target = await testTarget();
    home = await withTestDb(options, ({ databaseName }) => openSession(onDatabase(target, databaseName)));
  });
  afterAll(() => home.close());

  /** The oid of the schema: it stays the same when a unit is used again. */
  const oid = async (name: string | null): Promise<string | undefined> =>
    (await home.rows<{ oid: string }>("select oid::text from pg_namespace where nspname = $1::text", [name]))[0]?.oid;

  /** Gives a unit back, waits until it is ready again, and takes the next one. */
  async function next(unit: TestDb<Record<string, never>>): Promise<TestDb<Record<string, never>>> {
    await unit.dispose();
    await settled(home);
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

  it("drops a unit that is another one after DDL", async () => {
    expect(await reusedAfter(({ client }) => client`create table extra (id integer)`)).toBe(false);
  });

  it("drops a unit in whose time a large object was made", async () => {
    expect(
      await reusedAfter(async ({ client }) => {
        const [row] = await client`select lo_create(0) as oid`;
        await home.rows("select lo_unlink($1::oid)", [row?.["oid"]]);
        await client`select lo_create(0)`;
      }),
    ).toBe(false);
    expect(await home.rows("select oid from pg_largeobject_metadata")).toEqual([]);
  });

  it("drops a unit in which DDL failed half-way, which no event trigger tells of", async () => {
    const fails = async ({ client }: TestDb<Record<string, never>>): Promise<void> => {
      await client`insert into kinds (name) values ('four')`;
      await client`insert into items (kind) values (4), (4)`;
      await expect(client`create unique index concurrently twice on items (kind)`).rejects.toMatchObject({
        code: "23505",
      });
    };
    expect(await reusedAfter(fails)).toBe(false);
    const unit = await withTestDb(options);
    await fails(unit);
    await unit.reset();
    expect(await unit.client`select to_regclass('twice') as twice`).toEqual([{ twice: null }]);
    await unit.dispose();
  });

  it.each(["read committed", "repeatable read", "serializable"])(
    "sees what was still written when a unit came back, also where transactions are %s",
    async (level) => {
      const own = await openOwnDatabase(`it_level_test_${Date.now().toString(36)}`);
      await own.session.script(
        `do $$ begin execute format('alter database %I set default_transaction_isolation to %L', current_database(), '${level}'); end $$`,
      );
      const straggling = async (unit: TestDb<Record<string, never>>, work: () => Promise<void>): Promise<void> => {
        const straggler = postgres(unit.url, { max: 1 });
        const committed = straggler.begin(async (transaction) => {
          await transaction`insert into log values ('late')`;
          const working = work();
          await new Promise((resolve) => setTimeout(resolve, 50));
          return { working };
        });
        await (await committed).working;
        await straggler.end();
      };
      try {
        const mine = { ...options, url: own.url };
        const unit = await withTestDb(mine);
        expect(await unit.client`show transaction_isolation`).toEqual([{ transaction_isolation: level }]);
        await straggling(unit, () => unit.reset());
        expect(await unit.client`select from log`).toEqual([]);
        await straggling(unit, () => unit.dispose());
        await withTestDb(mine, async ({ client }) => expect(await client`select from log`).toEqual([]));
      } finally {
        await own.drop();
      }
    },
  );

  it("lets nobody who still has the old name reach the next user", async () => {
    const first = await withTestDb(options);
    const name = first.schemaName;
    const second = await next(first);
    await expect(home.script(`insert into ${name}.log values ('straggler')`)).rejects.toThrow(/does not exist/);
    expect(await second.client`select count(*)::int as n from log`).toEqual([{ n: 0 }]);
    await second.dispose();
  });

  it("takes one unit of several, whatever plan the server makes", async () => {
    const units = [];
    for (let more = 0; more < 4; more++) units.push(await withTestDb(options));
    for (const unit of units) await unit.dispose();
    await settled(home);
    const free = async (): Promise<string[]> =>
      (await home.rows<{ name: string }>("select name from with_test_db.unit where state = 'free'")).map(
        ({ name }) => name,
      );
    const before = await free();
    expect(before.length).toBeGreaterThan(3);
    // as after an analyze that came early: for each unit, of which there is one, look for a free one; and in the order in
    // which they lie on the page, the second to be found comes after the first
    for (const [at, name] of before.entries()) {
      const freed =
        "update with_test_db.unit set freed_at = now() - $2::int * interval '1 second' where name = $1::text";
      await home.rows(freed, [name, at]);
    }
    await home.script(`begin; set local with_test_db.quiet to on;
      alter table with_test_db.unit set (autovacuum_enabled = off);
      update pg_class set relpages = 1, reltuples = 1 where oid = 'with_test_db.unit'::regclass; commit`);
    await withTestDb(options, async () => {
      const still = new Set(await free());
      expect(before.filter((name) => !still.has(name))).toHaveLength(1);
    });
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
    const place = onDatabase(home.target, testDb.databaseName);
    expect(await testDb.client`select id from own`).toEqual([{ id: 1 }]);
    await testDb.client`delete from own`;
    await testDb.reset();
    expect(await testDb.client`select id from own`).toEqual([{ id: 1 }]);
    await testDb.dispose();
    const session = await openSession(place);
    await settled(session);
    // what is ready was made after it
    const used = "select name from with_test_db.unit where state <> 'free' or leased_at > created_at";
    expect(await session.rows(used)).toEqual([]);
    await session.close();
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
    expect(await home.rows("select 1 as found from pg_namespace where oid = $1::oid", [before])).toEqual([]);
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
