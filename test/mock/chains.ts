/** Queries of every shape: what the mock would send has to be what Drizzle would. */
import type * as Orm from "drizzle-orm";
import type * as PgCore from "drizzle-orm/pg-core";
import type { AnyDb } from "../drivers/conformance.ts";
import type { Tables } from "../drivers/tables.ts";

/** Each makes a query of the database that it is given. */
export function chains(orm: typeof Orm, core: typeof PgCore, { owners, cats }: Tables): Record<string, Chain> {
  const { and, asc, count, desc, eq, exists, gt, inArray, sql } = orm;
  const calm = core.pgView("calm", {}).as(sql`select 1`);
  const stored = core.pgMaterializedView("stored").as((qb) => qb.select({ id: owners.id }).from(owners));
  const elsewhere = core.pgSchema("elsewhere").table("owners", { id: core.serial().primaryKey() });
  const other = core.alias(owners, "other");
  const born = "2024-02-29";
  const values = { name: "Tom", born, fedAt: new Date(0), steps: 7n, facts: { lives: 9 }, moods: ["calm" as const] };
  const joinOn = eq(cats.ownerId, owners.id);
  return {
    "all columns": (db) => db.select().from(cats),
    "every clause": (db) =>
      db
        .select({ mood: owners.mood, n: count(), first: sql<string>`min(${owners.name})`.as("first") })
        .from(owners)
        .where(and(gt(owners.id, 1), inArray(owners.mood, ["calm", "cross"])))
        .groupBy(owners.mood)
        .having(gt(count(), 2))
        .orderBy(asc(owners.mood), desc(count()))
        .limit(3)
        .offset(4),
    "clauses by functions": (db) =>
      db
        .select({ label: sql<string>`upper(${owners.name})`.as("label") })
        .from(owners)
        .where((fields) => eq(fields.label, "ADA"))
        .orderBy((fields) => fields.label),
    "a part that is nested": (db) =>
      db.select({ owner: { id: owners.id, mood: owners.mood }, all: owners }).from(owners),
    distinct: (db) => db.selectDistinct({ mood: owners.mood }).from(owners),
    "distinct on": (db) => db.selectDistinctOn([owners.mood], { id: owners.id, mood: owners.mood }).from(owners),
    "a left join": (db) => db.select().from(owners).leftJoin(cats, joinOn),
    "every join": (db) =>
      db
        .select({ id: owners.id })
        .from(owners)
        .innerJoin(cats, joinOn)
        .rightJoin(other, eq(other.id, owners.id))
        .fullJoin(elsewhere, eq(elsewhere.id, owners.id)),
    "a lateral join": (db) =>
      db.select().from(owners).leftJoinLateral(db.select().from(cats).where(joinOn).as("theirs"), sql`true`),
    "a lock": (db) => db.select().from(owners).for("update", { skipLocked: true }),
    "a subquery": (db) => {
      const subquery = db.select({ id: owners.id }).from(owners).where(eq(owners.name, "Ada")).as("subquery");
      return db.select().from(subquery);
    },
    "a subquery in a condition": (db) =>
      db
        .select()
        .from(owners)
        .where(
          and(
            inArray(owners.id, db.select({ id: cats.ownerId }).from(cats)),
            exists(db.select().from(cats).where(joinOn)),
          ),
        ),
    "a count among the columns": (db) => db.select({ id: owners.id, cats: db.$count(cats, joinOn) }).from(owners),
    "a with": (db) => {
      const recent = db.$with("recent").as(db.select().from(cats).where(gt(cats.id, 3)));
      return db.with(recent).select().from(recent);
    },
    "a with that writes": (db) => {
      const gone = db.$with("gone").as(db.delete(cats).where(eq(cats.id, 1)).returning());
      return db.with(gone).update(owners).set({ mood: "cross" }).returning({ id: owners.id });
    },
    "a union": (db) =>
      core
        .union(db.select({ id: owners.id }).from(owners), db.select({ id: cats.id }).from(cats))
        .orderBy(asc(owners.id))
        .limit(2),
    "set operators in a chain": (db) =>
      db
        .select({ id: owners.id })
        .from(owners)
        .unionAll(db.select({ id: cats.id }).from(cats))
        .except(db.select({ id: other.id }).from(other)),
    "a dynamic chain": (db) => {
      const query = db.select().from(owners).$dynamic();
      query.where(eq(owners.id, 1));
      return query.limit(1);
    },
    "a view": (db) => db.select({ one: sql`1` }).from(calm),
    "another schema": (db) => db.select().from(elsewhere),
    "an insert": (db) => db.insert(cats).values(values),
    "an insert of several": (db) =>
      db
        .insert(cats)
        .values([values, { name: "Kit" }])
        .returning(),
    "an insert into an identity": (db) => db.insert(owners).overridingSystemValue().values({ id: 7, name: "Ada" }),
    "an insert with SQL": (db) =>
      db
        .insert(owners)
        .values({ name: sql`upper(${"ada"})` })
        .returning({ id: owners.id }),
    "an insert of a select": (db) =>
      db.insert(owners).select(
        db
          .select({ id: cats.id, name: cats.name, mood: sql<"calm">`${"calm"}`.as("mood") })
          .from(cats)
          .where(gt(cats.id, 2)),
      ),
    "an upsert that does nothing": (db) =>
      db.insert(owners).values({ name: "Ada" }).onConflictDoNothing({ target: owners.name }),
    "an upsert": (db) =>
      db
        .insert(owners)
        .values({ name: "Ada" })
        .onConflictDoUpdate({ target: owners.name, set: { mood: sql`excluded.mood` }, setWhere: eq(owners.id, 1) })
        .returning(),
    "an update": (db) =>
      db
        .update(cats)
        .set({ born: null, steps: 8n, fedAt: new Date(1) })
        .where(eq(cats.id, 1)),
    "an update from": (db) =>
      db
        .update(cats)
        .set({ name: sql`${owners.name}` })
        .from(owners)
        .where(joinOn)
        .returning({ id: cats.id }),
    "a delete": (db) => db.delete(cats).where(eq(cats.name, "Tom")),
    "a delete that returns": (db) => db.delete(cats).returning({ name: cats.name }),
    "a materialized view": (db) => db.refreshMaterializedView(stored).concurrently(),
  };
}

export interface Built extends PromiseLike<unknown> {
  toSQL(): { readonly sql: string; readonly params: unknown[] };
}
export type Chain = (db: AnyDb) => Built;
