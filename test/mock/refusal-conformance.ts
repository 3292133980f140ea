/** What the mock says where nothing is stubbed, or stubs go unused. */
import { beforeEach, describe, expect, it } from "vitest";
import type { MockCall } from "../../src/mock/mock-call.ts";
import type { MockDb } from "../../src/mock/mock-db.ts";
import type { AnyDb } from "../drivers/conformance.ts";
import { makeTables } from "../drivers/tables.ts";
import { ADA, type Db, type MockSubject, refusal } from "./mock-subject.ts";

export function refusalConformance(subject: MockSubject): void {
  const { orm, core } = subject;
  const { count, eq, sql } = orm;
  const tables = makeTables(core);
  const { owners, cats } = tables;
  const options = subject.typedBy(tables);
  const { serial, text, boolean, bigint, timestamp, date, jsonb, integer, numeric } = core;
  const everything = core.pgTable("every_thing", {
    id: serial().primaryKey(),
    word: text().notNull(),
    mood: tables.mood().notNull(),
    flag: boolean().notNull(),
    big: bigint({ mode: "bigint" }).notNull(),
    at: timestamp().notNull(),
    day: date().notNull(),
    facts: jsonb().notNull(),
    list: integer().array().notNull(),
    exact: numeric().notNull(),
    maybe: text(),
  });

  describe(`what the mock refuses, ${subject.name}`, () => {
    let mock: MockDb;
    let db: Db;
    beforeEach(() => {
      mock = subject.createMockDb(options);
      db = mock.db as unknown as Db;
    });
    const _call = (): MockCall => mock.calls.at(-1) as MockCall;

    it("says what was asked, and the line that stubs it", async () => {
      expect(await refusal(db.select().from(owners).where(eq(owners.id, 1)))).toBe(
        [
          'Nothing is stubbed for select of "owners".',
          '  why:  the code under test ran: select "id", "name", "mood" from "owners" where "owners"."id" = $1',
          "        with the parameters [1]",
          '  next: mock.on.select(schema.owners).returns([{ id: 0, name: "", mood: null }]);',
          "  code: NOT_STUBBED",
        ].join("\n"),
      );
      expect(await refusal(db.select({ id: owners.id, n: count() }).from(owners).leftJoin(cats, sql`true`))).toContain(
        "next: mock.on.query((db) => db.select({ id: schema.owners.id, n: sql`…` }).from(schema.owners).leftJoin(schema.cats, sql`true`)).returns([{ id: 0, n: … }]);",
      );
      expect(await refusal(db.insert(cats).values({ name: "Tom" }).returning({ id: cats.id }))).toContain(
        "mock.on.insert(schema.cats).returns([{ id: 0,",
      );
    });

    it("says null for what a join may leave out, and how an alias is made: the line can be run", async () => {
      const other = core.alias(owners, "m");
      const asked = (by: AnyDb) =>
        by
          .select({ id: owners.id, cat: cats.name, whole: cats, who: { name: other.name } })
          .from(owners)
          .leftJoin(cats, eq(cats.ownerId, owners.id))
          .innerJoin(other, eq(other.id, owners.id));
      const message = await refusal(asked(db));
      const [, line = ""] = /next: (.*)/.exec(message) ?? [];
      expect(line).toBe(
        'mock.on.query((db) => db.select({ id: schema.owners.id, cat: schema.cats.name, whole: schema.cats, who: { name: alias(schema.owners, "m").name } }).from(schema.owners).leftJoin(schema.cats, sql`true`).innerJoin(alias(schema.owners, "m"), sql`true`)).returns([{ id: 0, cat: null, whole: null, who: { name: "" } }]);',
      );
      new Function("mock", "schema", "alias", "sql", line)(mock, tables, core.alias, sql);
      expect(await asked(db)).toEqual([{ id: 0, cat: null, whole: null, who: { name: "" } }]);
    });

    it("says for columns of every type what a row may have", async () => {
      const message = await refusal(db.select().from(everything).limit(1));
      const [, line = ""] = /next: (.*)/.exec(message) ?? [];
      new Function("mock", "everyThing", line)(mock, everything);
      expect(await db.select().from(everything)).toEqual([
        {
          id: 0,
          word: "",
          mood: "calm",
          flag: false,
          big: 0n,
          at: new Date(0),
          day: "",
          facts: {},
          list: [],
          exact: "",
          maybe: null,
        },
      ]);
    });

    it("knows no tables by name without a schema, and says so", () => {
      const bare = subject.createMockDb().db as unknown as Db;
      expect(() => bare.query.owners).toThrow("db.query.owners is not there");
    });

    it("tells at the end what had no stub, though code under test caught that, and what was never asked", async () => {
      mock.on.count(cats).returns(0);
      mock.verify();
      mock.once.select(owners).returns([]);
      expect(() => mock.verify()).toThrow(
        expect.objectContaining({ name: "AssertionError", actual: ['select of "owners"'], expected: [] }),
      );
      await db.select().from(owners);
      mock.verify();
      await refusal(db.select().from(cats));
      expect(() => mock.verify()).toThrow(expect.objectContaining({ code: "NOT_STUBBED" }));
      mock.reset();
      mock.verify();
    });

    it("forgets stubs and calls", async () => {
      mock.on.select(owners).returns([ADA]);
      mock.once.select(owners).returns([]);
      await db.select().from(owners);
      const { calls } = mock;
      mock.reset();
      expect(calls).toEqual([]);
      expect(await refusal(db.select().from(owners))).toContain("NOT_STUBBED");
    });

    it("refuses to stub what it could not know again", () => {
      expect(() => mock.on.select({} as never)).toThrow(TypeError);
      expect(() => mock.on.query((() => Promise.resolve([])) as never)).toThrow(TypeError);
      expect(() => mock.on.query((async (by: AnyDb) => await by.select().from(owners)) as never)).toThrow(
        "awaits nothing",
      );
    });
  });
}
