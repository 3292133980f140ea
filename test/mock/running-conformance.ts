/** How queries and transactions run on the mock, and what is recorded of them. */
import { beforeEach, describe, expect, it } from "vitest";
import type { MockCall } from "../../src/mock/mock-call.ts";
import type { MockDb } from "../../src/mock/mock-db.ts";
import { makeTables } from "../drivers/tables.ts";
import { ADA, type Db, type MockSubject } from "./mock-subject.ts";

export function runningConformance(subject: MockSubject): void {
  const { orm, core, postgresError } = subject;
  const { and, eq, sql } = orm;
  const tables = makeTables(core);
  const { owners, cats } = tables;
  const options = subject.typedBy(tables);

  describe(`what runs on the mock, ${subject.name}`, () => {
    let mock: MockDb;
    let db: Db;
    beforeEach(() => {
      mock = subject.createMockDb(options);
      db = mock.db as unknown as Db;
    });
    const _call = (): MockCall => mock.calls.at(-1) as MockCall;

    it("needs no stub for a write whose rows are not read, and records what was written", async () => {
      await db.insert(owners).values({ name: "Ada", mood: sql`${"calm"}::mood` });
      await db.update(owners).set({ mood: "cross" }).where(eq(owners.id, 1));
      await db.delete(owners).where(and(eq(owners.id, 1), eq(owners.name, "Ada")));
      expect(mock.calls).toMatchObject([
        {
          operation: "insert",
          table: "owners",
          values: [{ name: "Ada", mood: { sql: "$1::mood", params: ["calm"] } }],
          returning: false,
        },
        {
          operation: "update",
          table: "owners",
          set: { mood: "cross" },
          where: { sql: '"owners"."id" = $1', params: [1] },
        },
        { operation: "delete", table: "owners", params: [1, "Ada"], transaction: 0 },
      ]);
    });

    it("tells the number of rows as each driver does, where it is known", async () => {
      const inserted = await db.insert(owners).values([{ name: "Ada" }, { name: "Bob" }]);
      expect(inserted).toMatchObject({ count: 2, rowCount: 2, rows: [] });
      mock.once.update(owners).affects(0);
      expect(await db.update(owners).set({ mood: "cross" })).toMatchObject({ count: 0, rowCount: 0 });
      const deleted = (await db.delete(owners)) as unknown as { rowCount: number };
      expect(deleted).toEqual([]);
      expect(() => deleted.rowCount).toThrow("next: mock.on.delete(schema.owners).affects(1);");
    });

    it("fails as Drizzle does where a statement fails", async () => {
      const error = postgresError("23505", { constraint: "owners_name_unique", table: "owners" });
      mock.on.insert(owners).rejects(error);
      const failed = await db
        .insert(owners)
        .values({ name: "Ada" })
        .then(
          () => undefined,
          (thrown: Error) => thrown,
        );
      expect(failed).toBeInstanceOf(orm.DrizzleQueryError);
      expect(failed?.message).toContain('insert into "owners"');
      expect(failed?.cause).toBe(error);
      expect(error).toMatchObject({
        code: "23505",
        constraint: "owners_name_unique",
        constraint_name: "owners_name_unique",
      });
      expect(mock.calls).toHaveLength(1);
    });

    it("runs prepared queries, each time with its own parameters", async () => {
      mock.on.select(owners).returns(({ params }) => [{ ...ADA, id: Number(params[0]) }]);
      const prepared = db
        .select()
        .from(owners)
        .where(eq(owners.id, sql.placeholder("id")))
        .prepare("by_id");
      expect(await prepared.execute({ id: 4 })).toEqual([{ ...ADA, id: 4 }]);
      expect(await prepared.execute({ id: 5 })).toEqual([{ ...ADA, id: 5 }]);
      await expect(prepared.execute()).rejects.toThrow('No value for placeholder "id"');
      mock.on.findMany(owners).returns([ADA]);
      expect(await db.query.owners.findMany().prepare("all").execute()).toEqual([ADA]);
      expect(mock.calls.map(({ operation, params }) => [operation, params[0]])).toEqual([
        ["select", 4],
        ["select", 5],
        ["findMany", undefined],
      ]);
    });

    it("records of prepared queries what placeholders stand for", async () => {
      mock.on.findMany(owners).returns([ADA]);
      const name = sql.placeholder("name");
      const write = db
        .update(owners)
        .set({ name: sql`${name}` })
        .where(eq(owners.name, sql.placeholder("old")))
        .prepare("rename");
      await write.execute({ name: "Ada", old: "Eve" });
      await db
        .insert(owners)
        .values({ name, mood: sql`${sql.placeholder("mood")}::mood` })
        .execute({ name: "Bob", mood: "calm" } as never);
      await db.query.owners
        .findMany({ limit: sql.placeholder("limit") })
        .prepare("some")
        .execute({ limit: 3 });
      expect(mock.calls).toMatchObject([
        {
          ...{ operation: "update", params: ["Ada", "Eve"], set: { name: { sql: "$1", params: ["Ada"] } } },
          where: { sql: '"owners"."name" = $1', params: ["Eve"] },
        },
        { operation: "insert", values: [{ name: "Bob", mood: { sql: "$1::mood", params: ["calm"] } }] },
        { operation: "findMany", config: { limit: 3 } },
      ]);
      expect(JSON.parse(JSON.stringify(mock.calls))).toEqual(mock.calls);
    });

    it("runs a query when it is awaited, and as often", async () => {
      mock.on.select(owners).returns([ADA]);
      const query = db.select().from(owners);
      expect(mock.calls).toEqual([]);
      await query;
      await query.execute();
      await query.finally(() => {});
      expect(mock.calls).toHaveLength(3);
    });

    it("keeps queries apart that run at the same time", async () => {
      mock.on.select(owners).returns(async ({ params }) => {
        await new Promise((resolve) => setTimeout(resolve, params[0] === 1 ? 20 : 0));
        return [{ ...ADA, id: Number(params[0]) }];
      });
      mock.on.count(cats).returns(9);
      const byId = (id: number) => db.select({ id: owners.id }).from(owners).where(eq(owners.id, id));
      expect(await Promise.all([byId(1), byId(2), db.$count(cats)])).toEqual([[{ id: 1 }], [{ id: 2 }], 9]);
    });

    it("runs transactions, nested ones too, and tells how they ended", async () => {
      mock.on.select(owners).returns([ADA]);
      const result = await db.transaction(
        async (tx) => {
          await tx.insert(owners).values({ name: "Ada" });
          await expect(
            tx.transaction(async (nested) => {
              await nested.delete(owners);
              nested.rollback();
            }),
          ).rejects.toBeInstanceOf(orm.TransactionRollbackError);
          await db.delete(cats);
          return tx.select().from(owners);
        },
        { isolationLevel: "serializable" },
      );
      expect(result).toEqual([ADA]);
      expect(mock.calls.map(({ operation, transaction, outcome }) => [operation, transaction, outcome])).toEqual([
        ["transaction", 1, "committed"],
        ["insert", 1, undefined],
        ["transaction", 2, "rolled back"],
        ["delete", 2, undefined],
        ["delete", 0, undefined],
        ["select", 1, undefined],
      ]);
      expect(mock.calls[0]).toMatchObject({ config: { isolationLevel: "serializable" } });
    });

    it("passes on what a transaction throws", async () => {
      const error = new Error("no");
      await expect(db.transaction(() => Promise.reject(error))).rejects.toBe(error);
      expect(mock.calls).toMatchObject([{ operation: "transaction", outcome: "rolled back" }]);
    });

    it("records what a transaction is set to", async () => {
      await db.transaction(async (tx) => {
        await (tx as unknown as { setTransaction(by: object): Promise<unknown> }).setTransaction({
          accessMode: "read only",
        });
      });
      expect(mock.calls).toMatchObject([
        {},
        { operation: "setTransaction", config: { accessMode: "read only" }, transaction: 1 },
      ]);
    });
  });
}
