/** What toBeServedByAnIndex() owes its users, whichever driver and line of Drizzle: queries on tables with every kind of index. */
import { randomUUID } from "node:crypto";
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
  "0001_keys": `
    CREATE TABLE tenants (id integer PRIMARY KEY, name varchar(20) NOT NULL);
    CREATE TABLE tasks (id integer PRIMARY KEY, tenant_id integer NOT NULL REFERENCES tenants, due timestamp with time zone,
      done boolean NOT NULL, hours integer, labels text[]);
    CREATE INDEX tasks_due ON tasks (due);
    CREATE TABLE task_tags (task_id integer, tag_id integer, at integer, PRIMARY KEY (task_id, tag_id));
    CREATE TABLE tagged (task_id integer, tag_id integer, PRIMARY KEY (task_id, tag_id));
    CREATE INDEX tagged_tag ON tagged (tag_id);
    CREATE TABLE mails (id integer PRIMARY KEY, tenant_id integer NOT NULL, email varchar(80), nick varchar(20) UNIQUE, first text,
      last text, deleted_at timestamp, UNIQUE (tenant_id, email));
    CREATE UNIQUE INDEX mails_live ON mails (email) WHERE deleted_at IS NULL;
    CREATE INDEX mails_last ON mails (last);
    CREATE INDEX mails_named ON mails (first) WHERE first IS NOT NULL;
    CREATE TABLE abc (a integer, b integer, c integer);
    CREATE INDEX abc_abc ON abc (a, b, c);
    CREATE INDEX abc_sum ON abc ((a + b), c);
    CREATE TABLE many (tags text[], words text[], at integer, on_day integer);
    CREATE INDEX many_gin ON many USING gin (tags, words);
    CREATE INDEX many_brin ON many USING brin (at, on_day);
    CREATE TABLE areas (at point, box box);
    CREATE INDEX areas_gist ON areas USING gist (at, box);
    CREATE TABLE logs (id integer, at date NOT NULL, level text, words text) PARTITION BY RANGE (at);
    CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE TABLE logs_new PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE INDEX logs_level ON logs (level);
    CREATE INDEX logs_new_words ON logs_new (words);
    CREATE TABLE "user" (id integer PRIMARY KEY, "firstName" text);`,
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

  const query = (text: string) => ({ toSQL: () => ({ sql: text }) });

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
    "the first column of several": [
      () => query("select from task_tags where task_id = $1"),
      "task_tags by task_tags_pkey: (task_tags.task_id = $1)",
    ],
    "all columns of several, one of them a varchar": [
      () => query("select from mails where tenant_id = $1 and email = $2"),
      "mails by mails_tenant_id_email_key",
    ],
    "the second column of several, by an index of its own": [
      () => query("select from tagged where tag_id = $1"),
      "tagged by tagged_tag: (tagged.tag_id = $1)",
    ],
    "the first column of several that are compared as a row": [
      () => query("select from abc where (a, b) > ($1, $2)"),
      "abc by abc_abc: (ROW(abc.a, abc.b) > ROW($1, $2))",
    ],
    "NULL, which is looked up": [
      () => query("select from tasks where due is null"),
      "tasks by tasks_due: (tasks.due IS NULL)",
    ],
    "a sum that is indexed first": [
      () => query("select from abc where a + b = $1"),
      "abc by abc_sum: ((abc.a + abc.b) = $1)",
    ],
    "the second column of a GIN index": [() => query("select from many where words @> $1"), "many by many_gin"],
    "the second column of a BRIN index": [() => query("select from many where on_day > $1"), "many by many_brin"],
    "the first column of a GiST index": [() => query("select from areas where at <@ $1::box"), "areas by areas_gist"],
    "what is nearest, up to a LIMIT": [
      () => query("select from areas order by at <-> $1::point limit 3"),
      "areas by areas_gist: (areas.at <-> $1)",
    ],
    "a part of a table that is all that is wanted": [
      () => query("select from mails where deleted_at is null"),
      "mails by mails_live: its own condition",
    ],
    "what is not NULL, by an index on that": [
      () => query("select from mails where first is not null"),
      "mails by mails_named: its own condition",
    ],
    "a part of a table, beside an index on the other condition": [
      () => query("select from mails where deleted_at is null and last = $1"),
      "mails by mails_last: (mails.last = $1)",
    ],
    "what is not NULL, in the order of its index up to a LIMIT": [
      () => query("select from mails where nick is not null order by nick limit 3"),
      "mails by mails_nick_key",
    ],
    "an order up to a LIMIT, past a join by a foreign key": [
      () => query("select from tasks join tenants on tenants.id = tasks.tenant_id order by tasks.due desc limit 20"),
      "tasks by tasks_due: its order",
    ],
    "partitions, by the index of their table": [
      () => query("select from logs as l where level = $1 and at > $2"),
      "    logs (as l) by logs_level: (l.level = $1)",
    ],
    "a delete in partitions": [
      () => query("delete from logs where level = $1"),
      "logs by logs_level: (logs.level = $1)",
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
    "the second column of a primary key": [
      () => query("select from task_tags where tag_id = $1"),
      `task_tags is read from end to end, for (task_tags.tag_id = $1)
    an index that would serve: create index on task_tags (tag_id)`,
    ],
    "the second column of a unique constraint, a varchar": [
      () => query("select from mails where email = $1"),
      "create index on mails (email)",
    ],
    "the last column of several": [() => query("select from abc where c = $1"), "create index on abc (c)"],
    "the second column, with an order by the first up to a LIMIT": [
      () => query("select from task_tags where tag_id = $1 order by task_id limit 3"),
      "create index on task_tags (tag_id)",
    ],
    "EXISTS by the second column": [
      () =>
        query(
          "select from tasks where id = $1 and exists (select from task_tags where task_tags.tag_id = tasks.hours)",
        ),
      "create index on task_tags (tag_id)",
    ],
    "DELETE … USING by the second column": [
      () => query("delete from task_tags using tasks where tasks.id = $1 and task_tags.tag_id = tasks.hours"),
      "create index on task_tags (tag_id)",
    ],
    "the second column of a GiST index": [
      () => query("select from areas where box && $1"),
      "areas is read from end to end",
    ],
    "what is nearest, without a LIMIT": [
      () => query("select from areas order by at <-> $1::point"),
      "areas is read from end to end",
    ],
    "a part of a table with another condition": [
      () => query("select from mails where deleted_at is null and tenant_id + 1 = $1"),
      "mails is read from end to end, for ((mails.tenant_id + 1) = $1)",
    ],
    "what is not NULL": [
      () => query("select from mails where nick is not null"),
      "mails is read from end to end, for (mails.nick IS NOT NULL)",
    ],
    "a part of a table of which a joined table chooses": [
      () =>
        query(`select from mails join tenants on tenants.id = mails.tenant_id + 1
                where mails.deleted_at is null and tenants.name = $1`),
      "is read from end to end",
    ],
    "an order up to a LIMIT, past a join that leaves out rows": [
      () =>
        query(`select from tasks join tenants on tenants.id = tasks.tenant_id
                where tenants.name = $1 order by tasks.due limit 20`),
      "is read from end to end",
    ],
    "a partition without an index": [
      () => query("select from logs where words = $1"),
      `    logs is read from end to end, for (logs.words = $1)
    an index that would serve: create index on logs (words)`,
    ],
    "a cast of a column that is a key": [
      () => query("select from tasks where id::text = $1"),
      "an index that would serve: create index on tasks (((id)::text))",
    ],
    "a cast of a varchar that is no other type": [
      () => query("select from tenants where name = $1"),
      "an index that would serve: create index on tenants (name)",
    ],
    "an order of a column without an index, up to a LIMIT": [
      () => query("select from tasks order by hours desc limit 10"),
      "an index that would serve: create index on tasks (hours)",
    ],
    "names that have to be quoted": [
      () => query(`select from "user" where "firstName" = $1`),
      `"user" is read from end to end, for ("user"."firstName" = $1)
    an index that would serve: create index on "user" ("firstName")`,
    ],
  };

  describe.each(["as they were made", "of one row that was analyzed"])("isServedByAnIndex() with tables %s", (how) => {
    beforeAll(async () => {
      if (how !== "as they were made")
        await db.execute(
          sql`analyze owners, cats, tenants, tasks, task_tags, tagged, mails, abc, many, areas, logs, "user"`,
        );
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

    it.each([
      ["a cast that depends on a setting", "select from tasks where due::date = $1"],
      ["a list that is searched", "select from tasks where $1 = any(labels)"],
      [
        "an order by two tables",
        "select from tasks t join tenants n on n.id = t.tenant_id order by n.name, t.hours limit 3",
      ],
    ])("suggests no index for %s", async (_, text) => {
      const { pass, message } = await check(query(text));
      expect(pass).toBe(false);
      expect(message()).toContain("is read from end to end");
      expect(message()).not.toContain("create index");
    });

    it("suggests an index in the schema that the table is in, and leaves none behind", async () => {
      await db
        .transaction(async (tx) => {
          await tx.execute(sql`create schema "Billing"`);
          await tx.execute(sql`create table "Billing".invoices (id integer, number text)`);
          const text = query(`select from "Billing".invoices where number = $1`);
          for (let i = 0; i < 2; i++) {
            const { message } = await isServedByAnIndex(text, tx as never);
            expect(message()).toContain(`create index on "Billing".invoices (number)`);
          }
          throw new Error("undone");
        })
        .catch((error: unknown) => expect(String(error)).toBe("Error: undone"));
    });

    it("suggests an index to a role that owns the table", async () => {
      await db
        .transaction(async (tx) => {
          const owner = sql.identifier(`with_test_db_owner_${randomUUID()}`);
          await tx.execute(sql`create role ${owner}`);
          await tx.execute(sql`create schema "Owned"`);
          await tx.execute(sql`create table "Owned".things (id integer, name text)`);
          await tx.execute(sql`alter table "Owned".things owner to ${owner}`);
          await tx.execute(sql`grant all on schema "Owned" to ${owner}`);
          await tx.execute(sql`set local role ${owner}`);
          const { message } = await isServedByAnIndex(query(`select from "Owned".things where name = $1`), tx as never);
          expect(message()).toContain(`create index on "Owned".things (name)`);
          throw new Error("undone");
        })
        .catch((error: unknown) => expect(String(error)).toBe("Error: undone"));
    });

    it("lets the partitions pass of a table that it is told, and each by its name", async () => {
      const text = query("select from logs where words = $1");
      for (const names of [["logs"], ["logs_old"]]) {
        const { pass } = await check(query("select from logs, tasks where words = $1 and tasks.id = 1"), {
          except: names,
        });
        expect(pass).toBe(true);
      }
      expect((await check(text, { except: ["logs_new"] })).pass).toBe(false);
    });

    it("refuses to except a table that does not exist, and tells of one that is not read", async () => {
      await expect(check(catsBy(eq(cats.weight, "4")), { except: ["cat", owners] })).rejects.toMatchObject({
        code: "OPTION_INVALID",
        message: expect.stringContaining('except has "cat", and the database no such table'),
      });
      const { message } = await check(catsBy(eq(cats.weight, "4")), { except: [owners] });
      expect(message()).toMatch(/\n\nexcept: owners is not read here$/);
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
