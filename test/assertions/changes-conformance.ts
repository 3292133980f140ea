/** What changes() says was written: by whom, in which transaction, of which types, in which order. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { TestDbHandle } from "../../src/test-db.ts";
import type { AnyDb, Subject } from "../drivers/conformance.ts";
import { type Assertions, MIGRATIONS, makeTables } from "./tables.ts";

const MORE = {
  ...MIGRATIONS,
  "0001_log": `
    CREATE TABLE "log" ("words" text);--> statement-breakpoint
    CREATE FUNCTION "write"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO log VALUES (TG_OP); RETURN NULL; END $$;--> statement-breakpoint
    CREATE TRIGGER "rooms_log" AFTER INSERT OR DELETE ON "rooms" FOR EACH ROW EXECUTE FUNCTION "write"();--> statement-breakpoint
    CREATE TYPE "pair" AS ("big" bigint, "raw" json);--> statement-breakpoint
    CREATE DOMAIN "price" AS numeric(10, 2);--> statement-breakpoint
    CREATE TABLE "of every type" ("stored" uuid PRIMARY KEY, "big" bigint, "exact" price, "bigs" bigint[], "real" double precision, "flag" boolean,
      "facts" jsonb, "at" timestamp with time zone, "local" timestamp, "day" date, "bytes" bytea, "words" text[], "none" text,
      "pair" pair);--> statement-breakpoint
    CREATE TABLE "days" ("day" date PRIMARY KEY, "words" text) PARTITION BY RANGE ("day");--> statement-breakpoint
    CREATE TABLE "days_all" PARTITION OF "days" DEFAULT;`,
};

export function changesConformance<Client>(subject: Subject<Client>, assertions: Assertions): void {
  const { changes, countsOf, describeSchema, idsOf, stable } = assertions;
  const { sql, eq } = subject.orm;
  const { rooms, bookings } = makeTables(subject.core);
  let testDb: TestDbHandle<AnyDb, Client>;
  let db: AnyDb;
  beforeAll(async () => {
    testDb = await subject.withTestDb({ migrationsFolder: subject.migrationsFolder(MORE) });
    db = testDb.db;
  });
  afterEach(() => testDb.reset());
  afterAll(() => testDb?.dispose());

  it("are rows inserted, updated and deleted, by triggers too, and nothing of what stayed", async () => {
    await db.insert(rooms).values([
      { name: "Blue", floor: 1 },
      { name: "Red", floor: 2, wing: "west" },
      { name: "Pink", floor: 3 },
    ]);
    const written = await changes(db, async () => {
      await db.update(rooms).set({ floor: 9, wing: null }).where(eq(rooms.name, "Red"));
      await db.update(rooms).set({ floor: 1 }).where(eq(rooms.name, "Blue"));
      await db.delete(rooms).where(eq(rooms.name, "Pink"));
      await db.insert(rooms).values([
        { name: "Grey", floor: 4 },
        { name: "Gold", floor: 5 },
      ]);
      await db.insert(bookings).values({ roomId: 1, guests: 2 });
      await db.delete(bookings);
    });
    expect(written).toEqual({
      log: { inserted: [{ words: "DELETE" }, { words: "INSERT" }, { words: "INSERT" }] },
      rooms: {
        inserted: [
          { id: 4, name: "Grey", floor: 4, wingName: "main", state: "free", seats: 2 },
          { id: 5, name: "Gold", floor: 5, wingName: "main", state: "free", seats: 2 },
        ],
        updated: [{ key: { id: 2 }, before: { floor: 2, wingName: "west" }, after: { floor: 9, wingName: null } }],
        deleted: [{ id: 3, name: "Pink", floor: 3, wingName: "main", state: "free", seats: 2 }],
      },
    });
    expect(countsOf(written)).toEqual({ log: { inserted: 3 }, rooms: { inserted: 2, updated: 1, deleted: 1 } });
    expect(await changes(db, () => {})).toEqual({});
  });

  it("are seen within begin() and rollback(), and what others commit, too", async () => {
    const add = (by: AnyDb, name: string, floor: number) => by.insert(rooms).values({ name, floor });
    const transaction = await testDb.begin();
    await add(db, "Blue", 1);
    expect(countsOf(await changes(db, () => add(db, "Red", 2)))).toEqual({
      log: { inserted: 1 },
      rooms: { inserted: 1 },
    });
    await transaction.rollback();
    await testDb.rollback(async (tx) => {
      expect(countsOf(await changes(tx, () => add(tx, "Red", 2)))).toMatchObject({ rooms: { inserted: 1 } });
      expect(countsOf(await changes(db, () => add(tx, "Pink", 3)))).toEqual({});
    });
    await using other = await testDb.connect();
    expect(countsOf(await changes(db, () => add(other.db, "Red", 2)))).toMatchObject({ rooms: { inserted: 1 } });
  });

  it("have values as the drivers have them, and all digits", async () => {
    const key = "0b0e0f9c-3c39-4b7e-8d8e-5c1a1f6b0001";
    const row = () =>
      db.execute(sql`insert into "of every type" values (${key}, 9007199254740993, 1.50, '{9007199254740993}', 'NaN', true,
        '{"b": [1, null], "a": "x"}', '2025-06-30T23:59:59.123Z', '2025-01-02 03:04:05.678', '2024-02-29', '\\x00ff', '{a,"b c"}', null, row(1, '{"a": 2}'))`);
    const written = await changes(db, row);
    const inserted = {
      stored: key,
      big: "9007199254740993",
      exact: "1.50",
      bigs: ["9007199254740993"],
      real: "NaN",
      flag: true,
      facts: { b: [1, null], a: "x" },
      at: new Date("2025-06-30T23:59:59.123Z"),
      local: new Date("2025-01-02T03:04:05.678Z"),
      day: "2024-02-29",
      bytes: "\\x00ff",
      words: ["a", "b c"],
      none: null,
      pair: { big: 1, raw: { a: 2 } },
    };
    expect(written).toEqual({ "of every type": { inserted: [inserted] } });
    expect(Object.keys(written["of every type"]?.inserted?.[0] ?? {})).toEqual(Object.keys(inserted));
    const later = () => db.execute(sql`update "of every type" set big = big + 1, at = 'infinity'`);
    expect(await changes(db, later)).toEqual({
      "of every type": {
        updated: [
          {
            key: { stored: key },
            before: { big: "9007199254740993", at: inserted.at },
            after: { big: "9007199254740994", at: "infinity" },
          },
        ],
      },
    });
  });

  it("are told where JSON and a Date show the same before and after, and then as Postgres prints them", async () => {
    const key = "0b0e0f9c-3c39-4b7e-8d8e-5c1a1f6b0001";
    const set = (values: ReturnType<typeof sql>) => () => db.execute(sql`update "of every type" set ${values}`);
    const updated = (before: object, after: object) => ({
      "of every type": { updated: [{ key: { stored: key }, before, after }] },
    });
    await db.execute(sql`insert into "of every type" (stored, facts, at, local, real, pair)
      values (${key}, 'null', '2025-06-30T23:59:59.123456Z', '2025-01-02 03:04:05.000001', 0, row(9007199254740992, '{}'))`);
    const facts = (before: unknown, after: unknown) => updated({ facts: before }, { facts: after });
    expect(await changes(db, set(sql`facts = 'null', at = at`))).toEqual({});
    expect(await changes(db, set(sql`facts = null`))).toEqual(facts("null", null));
    expect(await changes(db, set(sql`facts = '9007199254740992'`))).toEqual(facts(null, 9007199254740992));
    expect(await changes(db, set(sql`facts = '9007199254740993'`))).toEqual(
      facts("9007199254740992", "9007199254740993"),
    );
    expect(await changes(db, set(sql`facts = '{"a": 9007199254740993}'`))).toEqual(
      facts(9007199254740992, { a: 9007199254740992 }),
    );
    expect(await changes(db, set(sql`facts = '{"a": 9007199254740992}'`))).toEqual(
      facts('{"a": 9007199254740993}', '{"a": 9007199254740992}'),
    );
    expect(await changes(db, set(sql`at = at + '1 microsecond', local = local + '1 microsecond'`))).toEqual(
      updated(
        { at: expect.stringMatching(/59\.123456/), local: "2025-01-02T03:04:05.000001" },
        { at: expect.stringMatching(/59\.123457/), local: "2025-01-02T03:04:05.000002" },
      ),
    );
    expect(await changes(db, set(sql`real = '-0'`))).toEqual(updated({ real: "0" }, { real: "-0" }));
    expect(await changes(db, set(sql`pair = row(9007199254740993, '{}')`))).toEqual(
      updated({ pair: "(9007199254740992,{})" }, { pair: "(9007199254740993,{})" }),
    );
    // of a json text spaces stay, and keys that come twice
    expect(await changes(db, set(sql`pair.raw = '{ }'`))).toEqual(
      updated({ pair: "(9007199254740993,{})" }, { pair: '(9007199254740993,"{ }")' }),
    );
  });

  it("come in the order of numbers and dates, and where keys are made at random as they were written", async () => {
    const keys = ["c", "a", "b"].map((letter) => `0b0e0f9c-3c39-4b7e-8d8e-5c1a1f6b000${letter}`);
    const written = await changes(db, async () => {
      for (const key of keys) await db.execute(sql`insert into "of every type" (stored) values (${key})`);
      await db.execute(sql`insert into days values ('2025-02-01', 'b'), ('2025-01-01', 'a')`);
    });
    expect(written["of every type"]?.inserted?.map((row) => row["stored"])).toEqual(keys);
    expect(written["days"]?.inserted).toEqual([
      { day: "2025-01-01", words: "a" },
      { day: "2025-02-01", words: "b" },
    ]);
  });

  it("of a table without a key are rows that came and went, each as often as it is there", async () => {
    await db.execute(sql`insert into log values ('a'), ('a'), ('b')`);
    const written = await changes(db, async () => {
      await db.execute(sql`insert into log values ('a'), ('c')`);
      await db.execute(sql`update log set words = 'd' where words = 'b'`);
    });
    expect(written).toEqual({
      log: { inserted: [{ words: "a" }, { words: "c" }, { words: "d" }], deleted: [{ words: "b" }] },
    });
  });

  it("of a unit that is a database are those in all schemas that the migrations name", async () => {
    const database = await subject.withTestDb({
      migrationsFolder: subject.migrationsFolder({
        "0000_auth": `CREATE SCHEMA "auth";--> statement-breakpoint
          CREATE TABLE "auth"."users" ("id" serial PRIMARY KEY);--> statement-breakpoint
          CREATE TABLE "users" ("id" serial PRIMARY KEY);`,
      }),
      isolation: "database",
    });
    const add = () =>
      database.db.execute(sql`with a as (insert into auth.users values (5)) insert into users values (6)`);
    const written = await changes(database.db, add);
    expect(written).toEqual({ users: { inserted: [{ id: 6 }] }, "auth.users": { inserted: [{ id: 5 }] } });
    await database.dispose();
  });

  it("are told where the call changes tables, and not where it fails", async () => {
    const written = await testDb.rollback((tx) =>
      changes(tx, async () => {
        await tx.execute(sql`create table extra as select 1 as one`);
        await tx.execute(sql`drop table log cascade`);
      }),
    );
    expect(written).toEqual({ extra: { inserted: [{ one: 1 }] } });
    const failure = new Error("no");
    await expect(changes(db, () => Promise.reject(failure))).rejects.toBe(failure);
  });

  it("have the same names in each run, where keys go by the names of tables", async () => {
    const ids = idsOf(await describeSchema(db));
    expect(ids).toEqual({
      "bookings.id": "bookings",
      "bookings.room_id": "rooms",
      "days.day": "days",
      "rooms.id": "rooms",
      "of every type.stored": "of every type",
    });
    const book = async () => {
      const [room] = await db.insert(rooms).values({ name: "Blue", floor: 1 }).returning();
      await db.insert(bookings).values({ roomId: room?.id ?? 0, guests: 2 });
    };
    const runs: unknown[] = [];
    for (const _ of [1, 2]) {
      // a rollback keeps what sequences have come to
      await testDb.rollback((tx) => tx.execute(sql`select nextval('bookings_id_seq')`));
      const transaction = await testDb.begin();
      runs.push(stable(await changes(db, book), { ids }));
      await transaction.rollback();
    }
    expect(runs[0]).toMatchObject({
      rooms: { inserted: [{ id: "rooms#1" }] },
      bookings: { inserted: [{ id: "bookings#1", room_id: "rooms#1", guests: 2 }] },
    });
    expect(runs[1]).toEqual(runs[0]);
  });
}
