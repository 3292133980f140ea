/** What is answered by which stub. */
import { beforeEach, describe, expect, it } from "vitest";
import type { MockCall } from "../../src/mock/mock-call.ts";
import type { MockDb } from "../../src/mock/mock-db.ts";
import type { AnyDb } from "../drivers/conformance.ts";
import { makeTables } from "../drivers/tables.ts";
import { chains } from "./chains.ts";
import { ADA, BOB, type Db, type MockSubject, refusal } from "./mock-subject.ts";

export function answersConformance(subject: MockSubject): void {
  const { orm, core } = subject;
  const { count, eq, gt, sql } = orm;
  const tables = makeTables(core);
  const { owners, cats } = tables;
  const options = subject.typedBy(tables);

  describe(`what the mock answers, ${subject.name}`, () => {
    let mock: MockDb;
    let db: Db;
    beforeEach(() => {
      mock = subject.createMockDb(options);
      db = mock.db as unknown as Db;
    });
    const call = (): MockCall => mock.calls.at(-1) as MockCall;

    describe("writes Drizzle's SQL", () => {
      it.each(Object.entries(chains(orm, core, tables)))("for %s", async (_, chain) => {
        for (const { db: real, drizzle } of subject.real(options)) {
          const like = subject.createMockDb({ ...options, ...(drizzle && { drizzle }) });
          like.on.query(chain as never).returns([] as never);
          const built = chain(like.db as unknown as AnyDb);
          await built;
          const { sql: text, params } = chain(real).toSQL();
          expect(like.calls.map((made) => [made.sql, made.params])).toEqual([[text, params]]);
          expect(built.toSQL()).toMatchObject({ sql: text, params });
        }
      });
    });

    it("answers a select of all columns with rows, and of some with these", async () => {
      mock.on.select(owners).returns([ADA, BOB]);
      expect(await db.select().from(owners).where(eq(owners.id, 1))).toEqual([ADA, BOB]);
      expect(await db.select({ id: owners.id, nested: { who: owners.name } }).from(owners)).toEqual([
        { id: 1, nested: { who: "Ada" } },
        { id: 2, nested: { who: "Bob" } },
      ]);
      expect(await db.selectDistinctOn([owners.mood], { mood: owners.mood }).from(owners)).toEqual([
        { mood: "calm" },
        { mood: null },
      ]);
      expect(await db.select({ owner: owners }).from(owners).innerJoin(cats, eq(cats.ownerId, owners.id))).toEqual([
        { owner: ADA },
        { owner: BOB },
      ]);
      expect(call()).toMatchObject({ operation: "select", table: "owners", transaction: 0, params: [] });
    });

    it("hands out rows of which nobody else has the object", async () => {
      mock.on.select(owners).returns([ADA]);
      const [first] = await db.select().from(owners);
      Object.assign(first as object, { name: "changed" });
      expect(await db.select().from(owners)).toEqual([ADA]);
    });

    it("answers a view", async () => {
      const calm = core
        .pgView("calm")
        .as((qb) => qb.select({ id: owners.id, label: sql<string>`upper(name)`.as("label") }).from(owners));
      mock.on.select(calm).returns([{ id: 1, label: "ADA" }]);
      expect(await db.select().from(calm)).toEqual([{ id: 1, label: "ADA" }]);
      expect(await db.select({ text: calm.label }).from(calm)).toEqual([{ text: "ADA" }]);
      expect(call().table).toBe("calm");
    });

    it("tells tables of one name apart by their schemas", async () => {
      const elsewhere = core.pgSchema("elsewhere").table("owners", { id: core.serial().primaryKey() });
      mock.on.select(elsewhere).returns([{ id: 7 }]);
      expect(await db.select().from(elsewhere)).toEqual([{ id: 7 }]);
      expect(await refusal(db.select().from(owners))).toContain('Nothing is stubbed for select of "owners"');
    });

    it("answers a query of a shape, whatever it filters and sorts by", async () => {
      const shape = (by: AnyDb) => by.select({ mood: owners.mood, n: count() }).from(owners).groupBy(owners.mood);
      mock.on.query((by) => shape(by as unknown as AnyDb)).returns([{ mood: "calm", n: 2 }]);
      expect(await shape(db).where(gt(owners.id, 5)).orderBy(owners.mood)).toEqual([{ mood: "calm", n: 2 }]);
      expect(await refusal(db.select({ mood: owners.mood }).from(owners))).toContain("NOT_STUBBED");
      expect(await refusal(db.select({ mood: cats.name, n: count() }).from(cats))).toContain("NOT_STUBBED");
    });

    it("answers a join, whose rows have a part for each table", async () => {
      const joined = (by: AnyDb) => by.select().from(owners).leftJoin(cats, eq(cats.ownerId, owners.id));
      mock.on.select(owners).returns([ADA]);
      mock.on.query((by) => joined(by as unknown as AnyDb)).returns([{ owners: ADA, cats: null }]);
      expect(await joined(db)).toEqual([{ owners: ADA, cats: null }]);
      expect(await db.select().from(owners)).toEqual([ADA]);
    });

    it("uses up what is said once, in order, before what is said for good, of which the latest counts", async () => {
      mock.on.select(owners).returns([]);
      mock.on.select(owners).returns([BOB]);
      mock.once.select(owners).returns([ADA]);
      mock.once.select(owners).rejects(new Error("gone"));
      expect(await db.select().from(owners)).toEqual([ADA]);
      await expect(db.select().from(owners)).rejects.toThrow();
      expect(await db.select().from(owners)).toEqual([BOB]);
      expect(await db.select().from(owners)).toEqual([BOB]);
    });

    it("answers with what a function makes of the call", async () => {
      mock.on
        .insert(owners)
        .returns(({ values }) => values.map(({ name }, index) => ({ id: index + 1, name, mood: null })));
      mock.on.select(owners).returns(async ({ params }) => [{ ...ADA, id: Number(params[0]) }]);
      expect(
        await db
          .insert(owners)
          .values([{ name: "Ada" }, { name: "Bob" }])
          .returning(),
      ).toEqual([{ id: 1, name: "Ada", mood: null }, BOB]);
      expect(await db.select({ id: owners.id }).from(owners).where(eq(owners.id, 12))).toEqual([{ id: 12 }]);
    });

    it("answers returning, with all columns and with some", async () => {
      mock.on.update(owners).returns([ADA]);
      mock.on.delete(owners).returns([BOB]);
      expect(await db.update(owners).set({ mood: "calm" }).returning({ who: owners.name })).toEqual([{ who: "Ada" }]);
      expect(await db.delete(owners).returning()).toEqual([BOB]);
    });

    it("answers db.query, with all columns and with some", async () => {
      mock.on.findMany(owners).returns([ADA]);
      mock.on.findFirst(owners).returns(BOB);
      expect(await db.query.owners.findMany()).toEqual([ADA]);
      expect(await db.query.owners.findMany({ columns: { name: true } })).toEqual([{ name: "Ada" }]);
      expect(await db.query.owners.findMany({ columns: { name: false } })).toEqual([{ id: 1, mood: "calm" }]);
      expect(await db.query.owners.findFirst()).toEqual(BOB);
      mock.once.findFirst(owners).returns(undefined);
      expect(await db.query.owners.findFirst({ limit: 1 })).toBeUndefined();
      expect(call()).toMatchObject({ operation: "findFirst", table: "owners", config: { limit: 1 } });
    });

    it("answers db.query with relations by a query of that shape", async () => {
      const tom = { name: "Tom", owner: ADA };
      const shape = { columns: { name: true }, with: { owner: true } };
      mock.on.query((by) => (by as unknown as Db).query.cats.findFirst(shape)).returns(tom);
      expect(await db.query.cats.findFirst({ ...shape, offset: 1 })).toEqual(tom);
      expect(await refusal(db.query.cats.findFirst({ with: { owner: true } }))).toContain(
        "next: mock.on.query((db) => db.query.cats.findFirst({ /* columns, extras, with */ })).returns({ … });",
      );
    });

    it("answers $count", async () => {
      mock.on.count(owners).returns(3);
      expect(await db.$count(owners, eq(owners.mood, "calm"))).toBe(3);
      expect(call()).toMatchObject({ operation: "count", table: "owners", params: ["calm"] });
      expect(await refusal(db.$count(cats))).toContain("next: mock.on.count(schema.cats).returns(0);");
    });

    it("answers execute by a pattern or by its text, as each driver returns rows", async () => {
      mock.on.execute(/now\(\)/).returns([{ now: "2026" }]);
      mock.on.execute("select 1 as one").returns([{ one: 1 }]);
      const now = await db.execute(sql`select now(), ${1}::int`);
      expect([...(now as unknown as Iterable<unknown>)]).toEqual([{ now: "2026" }]);
      expect(now).toMatchObject({ rows: [{ now: "2026" }], rowCount: 1 });
      expect(await db.execute("select 1\n  as one")).toEqual([{ one: 1 }]);
      expect(mock.calls).toMatchObject([{ operation: "execute", params: [1] }, { params: [] }]);
      expect(await refusal(db.execute(sql`select ${2}::int`))).toContain(
        'mock.on.execute("select $1::int").returns([{}]);',
      );
    });

    it("answers an alias by itself", async () => {
      const other = core.alias(owners, "other");
      mock.on.select(owners).returns([ADA]);
      mock.on.select(other).returns([BOB]);
      expect(await db.select({ who: other.name }).from(other)).toEqual([{ who: "Bob" }]);
    });
  });
}
