/** What toBeServedByAnIndex() owes its users, whichever driver and line of Drizzle: queries on tables with every kind of index. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/assertions/check.ts";
import type { isServedByAnIndex as IsServedByAnIndex, ServedOptions } from "../../src/plans/is-served-by-an-index.ts";
import type { TestDbHandle } from "../../src/test-db.ts";
import type { AnyDb, Options, Subject } from "../drivers/conformance.ts";
import { makeTables } from "../drivers/tables.ts";

const MIGRATIONS = {
  "0000_plans": `
    CREATE TYPE "public"."mood" AS ENUM('calm', 'cross');
    CREATE TABLE "owners" ("id" serial PRIMARY KEY, "name" text NOT NULL, "mood" "mood", CONSTRAINT "owners_name_unique" UNIQUE("name"));
    INSERT INTO "owners" ("name") VALUES ('Ada');
    CREATE TABLE "cats" ("id" serial PRIMARY KEY, "name" text NOT NULL, "owner_id" integer REFERENCES "public"."owners"("id"),
      "moods" "mood"[], "tags" text[], "grid" integer[], "facts" jsonb, "born" date, "fed_at" timestamp with time zone,
      "seen_at" timestamp, "nap_at" time, "weight" numeric, "steps" bigint, "tame" boolean);
    INSERT INTO "cats" ("name", "owner_id", "weight") VALUES ('Tom', 1, 4);
    CREATE INDEX "cats_owner" ON "cats" ("owner_id");
    CREATE INDEX "cats_born" ON "cats" ("born");
    CREATE INDEX "cats_lower_name" ON "cats" (lower("name"));
    CREATE INDEX "cats_tame" ON "cats" ("steps") WHERE "tame";
    CREATE INDEX "cats_tags" ON "cats" USING gin ("tags");
    CREATE INDEX "cats_seen" ON "cats" USING brin ("seen_at");
    CREATE INDEX "cats_nap" ON "cats" USING hash ("nap_at");`,
};

export function plansConformance<Client>(subject: Subject<Client>, isServedByAnIndex: typeof IsServedByAnIndex): void {
  const { and, asc, desc, eq, gt, inArray, like, max, or, sql } = subject.orm;
  const tables = makeTables(subject.core);
  const { owners, cats } = tables;
  const migrationsFolder = subject.migrationsFolder(MIGRATIONS);
  const open = (options: Partial<Options<Client>> = {}): Promise<TestDbHandle<AnyDb, Client>> =>
    subject.withTestDb({ migrationsFolder, ...subject.typedBy(tables), ...options });
  let testDb: TestDbHandle<AnyDb, Client>;
  let db: AnyDb;
  beforeAll(async () => {
    testDb = await open();
    db = testDb.db;
  });
  afterAll(() => testDb?.dispose());

  type Query = Parameters<typeof IsServedByAnIndex>[0];
  const check = async (query: unknown, options?: ServedOptions): Promise<Outcome> =>
    isServedByAnIndex(query as Query, db as never, options);
  const catsBy = (...conditions: Parameters<typeof and>) =>
    db
      .select({ id: cats.id })
      .from(cats)
      .where(and(...conditions));

  const SERVED: Readonly<Record<string, readonly [() => unknown, string]>> = {
    "a primary key": [() => catsBy(eq(cats.id, 1)), "cats by cats_pkey: (cats.id = $1)"],
    "a list": [() => catsBy(inArray(cats.ownerId, [1, 2])), "cats by cats_owner"],
    "a range": [() => catsBy(gt(cats.born, "2024-01-01")), "cats by cats_born"],
    "a condition beside that of the index": [
      () => catsBy(eq(cats.ownerId, 1), eq(cats.name, "Tom")),
      "cats by cats_owner",
    ],
    "an OR with an index for each side": [
      () => catsBy(or(eq(cats.ownerId, 1), gt(cats.born, "2024-01-01"))),
      "cats by cats_owner: (cats.owner_id = $1); cats_born",
    ],
    "an expression that is indexed": [() => catsBy(sql`lower(${cats.name}) = ${"tom"}`), "cats by cats_lower_name"],
    "an index on a part, by its own condition": [
      () => catsBy(sql`${cats.tame}`),
      "cats by cats_tame: its own condition",
    ],
    "an index on a part, and more": [
      () => catsBy(sql`${cats.tame}`, gt(cats.steps, 3n)),
      "cats by cats_tame: (cats.steps",
    ],
    "a GIN index": [() => catsBy(sql`${cats.tags} @> array['a']`), "cats by cats_tags"],
    "a BRIN index": [() => catsBy(gt(cats.seenAt, "2024-01-01")), "cats by cats_seen"],
    "a hash index": [() => catsBy(eq(cats.napAt, "13:00")), "cats by cats_nap"],
    "the order of an index, up to a LIMIT": [
      () => db.select().from(cats).orderBy(desc(cats.born)).limit(10),
      "cats by cats_born: its order",
    ],
    "any rows up to a LIMIT": [
      () => db.select().from(cats).limit(3),
      "cats by no index: its first rows, whichever they are",
    ],
    "the greatest of an index": [() => db.select({ last: max(cats.born) }).from(cats), "cats by cats_born"],
    "an update": [() => db.update(cats).set({ name: "Kit" }).where(eq(cats.id, 1)), "cats by cats_pkey"],
    "a delete": [() => db.delete(cats).where(eq(cats.ownerId, 1)), "cats by cats_owner"],
    "a join, each side by an index": [
      () => db.select().from(owners).innerJoin(cats, eq(cats.ownerId, owners.id)).where(eq(owners.name, "Ada")),
      "owners by owners_name_unique",
    ],
    "a subquery": [
      () =>
        db
          .select()
          .from(owners)
          .where(inArray(owners.id, db.select({ id: cats.ownerId }).from(cats).where(eq(cats.born, "2024-01-01")))),
      "cats by cats_born",
    ],
    "a name of a table of its own": [
      () => {
        const c = subject.core.alias(cats, "c");
        return db.select({ id: c.id }).from(c).where(eq(c.ownerId, 1));
      },
      "cats (as c) by cats_owner: (c.owner_id = $1)",
    ],
    "a relational query": [
      () => {
        const query = db.query as unknown as { cats: { findFirst(by: object): unknown } };
        return query.cats.findFirst({ with: { owner: true } });
      },
      "by owners_pkey",
    ],
  };

  /** What is not served, by which table, which conditions, and the advice. */
  const UNSERVED: Readonly<Record<string, readonly [() => unknown, string]>> = {
    "a column without an index": [
      () => catsBy(eq(cats.weight, "4")),
      `No index serves 1 query:

  select "id" from "cats" where "cats"."weight" = $1
    cats is read from end to end, for (cats.weight = $1)
    an index that would serve: create index on cats (weight)`,
    ],
    "no condition": [
      () => db.select({ id: cats.id }).from(cats),
      `No index serves 1 query:

  select "id" from "cats"
    cats is read from end to end: no condition chooses its rows`,
    ],
    "an order without a LIMIT": [
      () => db.select({ id: cats.id }).from(cats).orderBy(asc(cats.born)),
      "cats is read from end to end: no condition chooses its rows",
    ],
    "an order with a LIMIT, of a column without an index": [
      () => db.select({ id: cats.id }).from(cats).orderBy(asc(cats.weight)).limit(1),
      "cats is read from end to end: no condition chooses its rows",
    ],
    "the order of an index up to a LIMIT, past rows that are not wanted": [
      () => catsBy(eq(cats.weight, "4")).orderBy(asc(cats.born)).limit(1),
      "an index that would serve: create index on cats (weight)",
    ],
    "an OR of which one side has no index": [
      () => catsBy(or(eq(cats.ownerId, 1), eq(cats.weight, "4"))),
      "cats is read from end to end, for ((cats.owner_id = $1) OR (cats.weight = $2))",
    ],
    "an expression, where the column alone is indexed": [
      () => catsBy(sql`extract(year from ${cats.born}) = ${2024}`),
      "create index on cats ((EXTRACT(year FROM born)))",
    ],
    "the pattern of a LIKE, which may begin with anything": [
      () => catsBy(like(cats.name, "T%")),
      "cats is read from end to end, for (cats.name ~~ $1)",
    ],
    "a part of a table whose index is on another part": [
      () => catsBy(gt(cats.steps, 3n), sql`not ${cats.tame}`),
      "create index on cats (steps)",
    ],
    "a table that is joined by a column without an index": [
      () => db.select().from(owners).innerJoin(cats, sql`${cats.weight} = ${owners.id}`).where(eq(owners.id, 1)),
      "create index on cats (weight)",
    ],
    "one side of a join without a condition": [
      () => db.select().from(owners).innerJoin(cats, eq(cats.ownerId, owners.id)),
      "is read from end to end",
    ],
    "a count": [() => db.select({ n: sql`count(*)` }).from(owners), "owners is read from end to end"],
    "two conditions, of which equality comes first": [
      () => catsBy(gt(cats.weight, "4"), eq(cats.name, "Tom")),
      "create index on cats (name, weight)",
    ],
  };

  describe.each(["as they were made", "of one row that was analyzed"])("isServedByAnIndex() with tables %s", (how) => {
    beforeAll(async () => {
      if (how !== "as they were made") await db.execute(sql`analyze owners, cats`);
    });

    it.each(Object.entries(SERVED))("says that an index serves %s", async (_, [query, words]) => {
      const { pass, message } = await check(query());
      expect({ pass, message: message() }).toEqual({ pass: true, message: expect.stringContaining(words) });
      expect(message()).toMatch(/^Indexes serve:\n\n {2}\w/);
    });

    it.each(Object.entries(UNSERVED))("says that none serves %s", async (_, [query, words]) => {
      const { pass, message } = await check(query());
      expect({ pass, message: message() }).toEqual({ pass: false, message: expect.stringContaining(words) });
    });
  });

  describe("isServedByAnIndex()", () => {
    it("changes nothing, runs nothing, and leaves no setting and no statement", async () => {
      await check(db.delete(cats).where(eq(cats.ownerId, 1)));
      await testDb.rollback(async (tx) => {
        await isServedByAnIndex(tx.delete(cats).where(eq(cats.id, 1)) as Query, tx as never);
        const [{ n } = { n: 0 }] = await tx.select({ n: sql<number>`count(*)::int` }).from(cats);
        expect(n).toBe(1);
        const seqscan = await tx.select({ is: sql`current_setting('enable_seqscan')` }).from(owners);
        expect(seqscan).toEqual([{ is: "on" }]);
        const left = sql<number>`(select count(*)::int from pg_prepared_statements where name like 'with_test_db%')`;
        expect(await tx.select({ left }).from(owners)).toEqual([{ left: 0 }]);
      });
    });

    it("plans in a transaction whose tables nobody else has", async () => {
      await db
        .transaction(async (tx) => {
          await tx.execute(sql`create index cats_weight on cats (weight)`);
          const { pass } = await isServedByAnIndex(catsBy(eq(cats.weight, "4")) as Query, tx as never);
          expect(pass).toBe(true);
          throw new Error("undone");
        })
        .catch((error: unknown) => expect(String(error)).toBe("Error: undone"));
      expect((await check(catsBy(eq(cats.weight, "4")))).pass).toBe(false);
    });

    it("plans for a role that may not forget what is known of tables", async () => {
      await db
        .transaction(async (tx) => {
          await tx.execute(sql`set local role pg_read_all_data`);
          const served = await isServedByAnIndex(catsBy(eq(cats.id, 1)) as Query, tx as never);
          const unserved = await isServedByAnIndex(catsBy(eq(cats.weight, "4")) as Query, tx as never);
          expect([served.pass, unserved.pass]).toEqual([true, false]);
          throw new Error("undone");
        })
        .catch((error: unknown) => expect(String(error)).toBe("Error: undone"));
    });

    it.each(["schema", "database"] as const)("leaves a %s as it was, for the pool", async (isolation) => {
      const oids: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        const unit = await open({ isolation });
        await isServedByAnIndex(catsBy(eq(cats.id, 1)) as Query, unit.db as never);
        oids.push(await unit.db.execute(sql`select 'cats'::regclass::oid::int as oid`));
        await unit.dispose();
      }
      const [first, second] = oids.map((answer) => rowsOf(answer));
      expect(second).toEqual(first);
    });

    it("looks at all queries that a function runs, but those that have no plan", async () => {
      const { pass, message } = await check(async () => {
        await db.execute(sql`set local work_mem = '4MB'`);
        await db.insert(owners).values({ name: "Bob" });
        await catsBy(eq(cats.id, 1));
        for (const weight of ["4", "5"]) await catsBy(eq(cats.weight, weight));
      });
      expect(pass).toBe(false);
      expect(message().replace(/\S+\.ts:\d+:\d+/, "a line")).toBe(`No index serves 1 query:

  select "id" from "cats" where "cats"."weight" = $1
      a line
    cats is read from end to end, for (cats.weight = $1)
    an index that would serve: create index on cats (weight)`);
      expect((await check(() => catsBy(eq(cats.id, 1)))).pass).toBe(true);
    });

    it("lets the tables pass that it is told", async () => {
      const join = db.select().from(owners).innerJoin(cats, eq(cats.ownerId, owners.id));
      for (const table of ["owners", cats]) {
        expect((await check(join, { except: [table] })).message()).toMatch(/^Indexes serve:/);
      }
      expect((await check(catsBy(eq(cats.weight, "4")), { except: ["owners"] })).pass).toBe(false);
    });

    it("passes nothing that reads no table", async () => {
      for (const query of [db.insert(owners).values({ name: "Eve" }), () => {}, catsBy(sql`false`)]) {
        const { pass, message } = await check(query);
        expect({ pass, message: message() }).toEqual({
          pass: false,
          message: "No table is read that an index could serve",
        });
      }
    });

    it("says what it wants instead of rows, and instead of no database", async () => {
      await expect(check([{ id: 1 }])).rejects.toMatchObject({ code: "OPTION_INVALID" });
      await expect(isServedByAnIndex(catsBy(eq(cats.id, 1)) as Query, undefined as never)).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining("await expect(query).toBeServedByAnIndex(testDb.db)"),
      });
    });

    it("throws what Postgres says to a query that it does not take", async () => {
      await expect(check(db.select({ id: sql`nowhere` }).from(cats))).rejects.toThrow();
    });
  });
}

/** A list with postgres.js, and in `rows` with node-postgres. */
const rowsOf = (answer: unknown): unknown => [
  ...(Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows),
];
