/** Errors of every kind, as each driver and each line of Drizzle throws them: what the functions accept, and the whole of what they say. */
import { AssertionError } from "node:assert";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresError } from "../../src/mock/postgres-error.ts";
import type { TestDbHandle } from "../../src/test-db.ts";
import type { AnyDb, Subject } from "../drivers/conformance.ts";
import { type Assertions, MIGRATIONS, makeTables, PARTITIONED } from "./tables.ts";

/** The words of what an assertion throws. */
export const wordsFrom = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "it did not fail",
    (error: unknown) => (error instanceof AssertionError ? error.message : String(error)),
  );

export function violationsConformance<Client>(subject: Subject<Client>, assertions: Assertions): void {
  const { sql } = subject.orm;
  const { rooms, bookings, logs } = makeTables(subject.core);
  let testDb: TestDbHandle<AnyDb, Client>;
  let db: AnyDb;
  beforeAll(async () => {
    const migrationsFolder = subject.migrationsFolder({ ...MIGRATIONS, "0001_logs": PARTITIONED });
    testDb = await subject.withTestDb({ migrationsFolder });
    db = testDb.db;
    await db.insert(rooms).values({ name: "Blue", floor: 1, wing: "west" });
    await db.insert(bookings).values({ roomId: 1, guests: 2 });
    await db.execute(sql`update bookings set during = '[1,5)'`);
  });
  afterAll(() => testDb?.dispose());

  const blue = () => db.insert(rooms).values({ name: "Blue", floor: 9 });
  const samePlace = () => db.insert(rooms).values({ name: "Red", floor: 1, wing: "west" });
  const nowhere = () => db.insert(bookings).values({ roomId: 999, guests: 1 });
  const unnamed = () => db.execute(sql`insert into rooms (floor) values (3)`);
  const {
    assertDatabaseError,
    assertDeadlocks,
    assertFailsToSerialize,
    assertViolatesCheck,
    assertViolatesExclusion,
    assertViolatesForeignKey,
    assertViolatesNotNull,
    assertViolatesUnique,
  } = assertions;

  describe("a unique constraint that was violated", () => {
    it("is known by its name, a pattern, and its columns, from an error, a promise, a query and a function", async () => {
      await assertViolatesUnique(blue());
      await assertViolatesUnique(blue, "rooms_name_unique");
      await assertViolatesUnique(
        blue().then(() => {}),
        /^rooms_name_/g,
      );
      await assertViolatesUnique((await blue().catch((error: unknown) => error)) as Error, rooms.name);
      await assertViolatesUnique(samePlace(), [rooms.wing, rooms.floor]);
      await assertViolatesUnique(db.insert(rooms).values({ id: 1, name: "Pink", floor: 3 }), rooms.id);
      await assertViolatesUnique(db.insert(rooms).values({ name: "BLUE", floor: 3 }), "rooms_name_lower");
    });

    it("is not another one, and the message says which it was", async () => {
      expect(await wordsFrom(assertViolatesUnique(blue(), "rooms_place_unique"))).toBe(
        `Expected a violation of the unique constraint "rooms_place_unique", but the unique constraint "rooms_name_unique" was violated.

  duplicate key value violates unique constraint "rooms_name_unique" (SQLSTATE 23505)
  table:      rooms
  constraint: rooms_name_unique
  detail:     Key (name)=(Blue) already exists.`,
      );
      expect(await wordsFrom(assertViolatesUnique(samePlace(), rooms.floor))).toMatch(
        /^Expected a violation of the unique constraint on rooms \(floor\), but the unique constraint "rooms_place_unique" was violated\.$/m,
      );
      expect(await wordsFrom(assertViolatesUnique(blue(), /place/))).toMatch(
        /^Expected a violation of a unique constraint that matches \/place\/, but the unique/,
      );
      expect(await wordsFrom(assertViolatesUnique(blue(), bookings.id))).toMatch(/on bookings \(id\), but the unique/);
    });

    it("is compared by fields that a runner shows as a diff", async () => {
      await expect(assertViolatesUnique(samePlace(), [rooms.floor, rooms.name])).rejects.toMatchObject({
        operator: "violatesUnique",
        actual: { code: "23505", table: "rooms", columns: ["floor", "wingName"] },
        expected: { code: "23505", table: "rooms", columns: ["floor", "name"] },
      });
    });
  });

  it("a partition's constraint is known by its name, and the message says so, since the error can't tell whose partition it is", async () => {
    const log = () => db.execute(sql`insert into logs values (1, '2024-06-01'), (1, '2024-06-01')`);
    await assertViolatesUnique(log(), "logs_24_pkey");
    expect(await wordsFrom(assertViolatesUnique(log(), [logs.id, logs.at]))).toBe(
      `Expected a violation of the unique constraint on logs (id, at), but the unique constraint "logs_24_pkey" on the same columns of logs_24 was violated. If logs_24 is a partition of logs, that was it. Name the constraint: "logs_24_pkey".

  duplicate key value violates unique constraint "logs_24_pkey" (SQLSTATE 23505)
  table:      logs_24
  constraint: logs_24_pkey
  detail:     Key (id, at)=(1, 2024-06-01) already exists.`,
    );
    expect(await wordsFrom(assertViolatesUnique(log(), logs.id))).toMatch(
      /, but the unique constraint "logs_24_pkey" was violated\.$/m,
    );
    const unnumbered = () => db.execute(sql`insert into logs (at) values ('2024-06-01')`);
    await assertViolatesNotNull(unnumbered(), "id");
    expect(await wordsFrom(assertViolatesNotNull(unnumbered(), logs.id))).toMatch(
      /^Expected a violation of the NOT NULL constraint of logs\.id, but logs_24\.id was NULL\. If logs_24 is a partition of logs, that was it\. Name the column: "id"\.$/m,
    );
  });

  it("an error that tells no table or no columns is not taken for another's", async () => {
    const wordsOf = async (work: Promise<unknown>) => (await wordsFrom(work)).split("\n")[0];
    const error = postgresError("23505", { constraint: "rooms_name_unique" });
    await assertViolatesUnique(error, "rooms_name_unique");
    expect(await wordsOf(assertViolatesUnique(error, rooms.name))).toBe(
      `Expected a violation of the unique constraint on rooms (name), but whether it was that one can't be known: the error tells neither table nor columns. Name the constraint: "rooms_name_unique".`,
    );
    expect(await wordsOf(assertViolatesUnique(postgresError("23505", { table: "rooms" }), rooms.name))).toMatch(
      /: the error tells no columns\.$/,
    );
    expect(await wordsOf(assertViolatesNotNull(postgresError("23502", { column: "name" }), rooms.name))).toMatch(
      /: the error tells no table\. Name the column: "name"\.$/,
    );
    expect(await wordsOf(assertViolatesForeignKey(postgresError("23505")))).toMatch(
      /, but a unique constraint was violated\.$/,
    );
    const detail = "Key (name)=(Blue) already exists.";
    await assertViolatesUnique(postgresError("23505", { table: "rooms", detail }), rooms.name);
  });

  it("a role that may not read a column is told no columns, and then the name serves", async () => {
    await testDb.rollback(async (tx) => {
      const schema = sql.identifier(testDb.schemaName ?? "public");
      const writer = sql.identifier(`${testDb.schemaName}_writer`);
      await tx.execute(sql`create role ${writer}`);
      await tx.execute(sql`grant usage on schema ${schema} to ${writer}`);
      await tx.execute(sql`grant insert on all tables in schema ${schema} to ${writer}`);
      await tx.execute(sql`grant usage on all sequences in schema ${schema} to ${writer}`);
      await tx.execute(sql`set local role ${writer}`);
      const error = await tx.execute(sql`insert into rooms (name, floor) values ('Blue', 9)`).then(
        () => new Error("none"),
        (thrown: Error) => thrown,
      );
      await assertViolatesUnique(error, "rooms_name_unique");
      expect(await wordsFrom(assertViolatesUnique(error, rooms.name))).toMatch(
        /can't be known: the error tells no columns\. Name the/,
      );
    });
  });

  it("columns of two tables are refused", async () => {
    await expect(assertViolatesUnique(blue(), [rooms.name, bookings.id])).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/^toViolateUnique\(\) was given columns of rooms and of bookings\.\n/),
    });
    // beside a promise that fails, too, which is not left to be reported
    await expect(
      assertViolatesUnique(Promise.reject(new Error("no")), [rooms.name, bookings.id]),
    ).rejects.toMatchObject({
      code: "OPTION_INVALID",
    });
  });

  it("a foreign key that was violated is known from either end", async () => {
    await assertViolatesForeignKey(nowhere(), "bookings_room_fk");
    await assertViolatesForeignKey(db.delete(rooms), /_room_/);
    expect(await wordsFrom(assertViolatesForeignKey(blue()))).toMatch(
      /^Expected a violation of a foreign key, but the unique constraint "rooms_name_unique" was violated\.\n/,
    );
    expect(await wordsFrom(assertViolatesUnique(nowhere()))).toBe(
      `Expected a violation of a unique constraint, but the foreign key "bookings_room_fk" was violated.

  insert or update on table "bookings" violates foreign key constraint "bookings_room_fk" (SQLSTATE 23503)
  table:      bookings
  constraint: bookings_room_fk
  detail:     Key (room_id)=(999) is not present in table "rooms".`,
    );
  });

  it("a check that was violated is a table's or a domain's", async () => {
    await assertViolatesCheck(db.insert(bookings).values({ roomId: 1, guests: 0 }), "bookings_guests_check");
    await assertViolatesCheck(
      db.execute(sql`insert into rooms (name, floor, seats) values ('x', 4, 3)`),
      "even_is_even",
    );
    expect(await wordsFrom(assertViolatesCheck(blue(), "x"))).toMatch(
      /^Expected a violation of the check "x", but the unique/,
    );
  });

  it("a column that refused NULL is known by its name, and as a column of the schema", async () => {
    await assertViolatesNotNull(unnamed());
    await assertViolatesNotNull(unnamed(), "name");
    await assertViolatesNotNull(unnamed(), rooms.name);
    expect(await wordsFrom(assertViolatesNotNull(unnamed(), "floor"))).toMatch(
      /^Expected a violation of the NOT NULL constraint of "floor", but "rooms"\."name", which is NOT NULL, was NULL\.\n/,
    );
    expect(await wordsFrom(assertViolatesNotNull(unnamed(), rooms.floor))).toMatch(
      /NOT NULL constraint of rooms\.floor, but/,
    );
    expect(await wordsFrom(assertViolatesNotNull(unnamed(), bookings.guests))).toMatch(/of bookings\.guests, but/);
  });

  it("an exclusion constraint that was violated is known by its name", async () => {
    const overlapping = () => db.execute(sql`insert into bookings (room_id, guests, during) values (1, 1, '[4,6)')`);
    await assertViolatesExclusion(overlapping(), "bookings_apart");
    expect(await wordsFrom(assertViolatesExclusion(blue()))).toMatch(
      /^Expected a violation of an exclusion constraint, but/,
    );
    expect(await wordsFrom(assertViolatesExclusion(blue(), /x/))).toMatch(
      / of an exclusion constraint that matches \/x\/, but/,
    );
    expect(await wordsFrom(assertViolatesCheck(overlapping()))).toMatch(
      /^Expected a violation of a check, but the exclusion constraint "bookings_apart" was violated\.\n/,
    );
  });

  it("transactions fail to serialize, or wait for each other", async () => {
    const other = await testDb.connect();
    const late = db.transaction(
      async (tx) => {
        await tx.select().from(rooms);
        await other.db.update(rooms).set({ floor: 1 });
        await tx.update(rooms).set({ floor: 1 });
      },
      { isolationLevel: "repeatable read" },
    );
    const error = (await late.catch((thrown: unknown) => thrown)) as Error;
    await assertFailsToSerialize(error);
    expect(await wordsFrom(assertDeadlocks(error))).toMatch(
      /^Expected a deadlock, but the transaction failed to serialize\.\n\n {2}could not serialize access due to concurrent update \(SQLSTATE 40001\)$/,
    );
    let bothHold = (): void => {};
    let holding = 0;
    const held = new Promise<void>((resolve) => {
      bothHold = () => ++holding === 2 && resolve();
    });
    const take = (by: AnyDb, first: typeof rooms | typeof bookings, second: typeof rooms | typeof bookings) =>
      by.transaction(async (tx) => {
        await tx.update(first).set({ id: sql`id` });
        bothHold();
        await held;
        await tx.update(second).set({ id: sql`id` });
      });
    const settled = await Promise.allSettled([take(db, rooms, bookings), take(other.db, bookings, rooms)]);
    const [failed] = settled.flatMap((each) => (each.status === "rejected" ? [each.reason as Error] : []));
    await assertDeadlocks(failed as Error);
    expect(await wordsFrom(assertFailsToSerialize(failed as Error))).toMatch(
      /^Expected a failure to serialize, but there was a deadlock\./,
    );
    await other.close();
  });

  it("any other error is known by its code, its words or a pattern, without the unit's name", async () => {
    const lost = () => db.execute(sql.raw(`select * from ${testDb.schemaName}.lost`));
    await assertDatabaseError(lost());
    await assertDatabaseError(lost(), "42P01");
    await assertDatabaseError(lost(), `relation "lost" does not exist`);
    await assertDatabaseError(lost(), /^relation "lost"/);
    expect(await wordsFrom(assertDatabaseError(lost(), "23505"))).toBe(
      `Expected a database error with the SQLSTATE 23505, but Postgres said: relation "lost" does not exist.

  relation "lost" does not exist (SQLSTATE 42P01)`,
    );
    expect(await wordsFrom(assertDatabaseError(lost(), "found"))).toMatch(
      /^Expected a database error that says "found", but/,
    );
    expect(await wordsFrom(assertDatabaseError(lost(), /found/))).toMatch(
      /^Expected a database error that matches \/found\/, but/,
    );
  });

  it("what did not fail, and what is not of the database, is said to be so", async () => {
    expect(await wordsFrom(assertViolatesUnique(db.select().from(rooms), rooms.name))).toBe(
      "Expected a violation of the unique constraint on rooms (name), but nothing failed.",
    );
    expect(await wordsFrom(assertViolatesNotNull(new TypeError("no"), "name"))).toBe(
      `Expected a violation of the NOT NULL constraint of "name", but what was thrown is no database error: TypeError: no`,
    );
    expect(
      await wordsFrom(assertDatabaseError(Object.assign(new Error("no"), { code: "EPIPE", syscall: "write" }))),
    ).toMatch(/no database error/);
    await expect(assertViolatesUnique("rooms_name_unique" as never)).rejects.toMatchObject({
      code: "OPTION_INVALID",
      message: expect.stringMatching(/^An assertion on a database error was given a value of the type string\.\n/),
    });
  });
}
