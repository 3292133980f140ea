/** What has to compile of assertions, and what must not, where drizzle-orm 0.45 is installed, with vitest. */
import { expect } from "vitest";
import { withTestDb } from "with-test-db";
import {
  assertDatabaseError,
  assertViolatesNotNull,
  assertViolatesUnique,
  type Changes,
  changes,
  countsOf,
  describeSchema,
  idsOf,
  serializer,
  stable,
} from "with-test-db/assertions";
import "with-test-db/assertions/vitest";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import * as schema from "./schema.js";

const { cats, owners } = schema;
declare function use(...values: unknown[]): void;

export async function accepted(): Promise<void> {
  const testDb = await withTestDb({ schema, migrationsFolder: "drizzle" });
  const { db } = testDb;
  const insert = () => db.insert(cats).values({ name: "Tom" });
  const matched: Promise<void> = expect(insert()).toViolateUnique();
  await expect(insert).toViolateUnique("cats_name_unique");
  await expect(insert()).toViolateUnique(/name/);
  await expect(insert()).toViolateUnique(cats.name);
  await expect(insert()).toViolateUnique([cats.name, cats.ownerId]);
  await expect(insert()).not.toViolateNotNull(owners.name);
  await expect(insert()).rejects.toViolateForeignKey("cats_owner_id_owners_id_fk");
  await expect(insert()).resolves.not.toDeadlock();
  await expect(insert()).toFailToSerialize();
  await assertViolatesUnique(insert(), cats.name);
  await assertViolatesUnique(insert, [cats.name]);
  await assertViolatesNotNull(new Error("no"), "name");
  await assertDatabaseError(insert(), "42P01");

  const { tables, enums } = await describeSchema(db);
  const nullable: boolean | undefined = tables["cats"]?.columns["name"]?.nullable;
  const action: "no action" | "restrict" | "cascade" | "set null" | "set default" | undefined =
    tables["cats"]?.foreignKeys["cats_owner_id_owners_id_fk"]?.onDelete;
  const moods: readonly string[] | undefined = enums["mood"];
  const written: Changes = await changes(db, insert);
  const inserted: number | undefined = countsOf(written)["cats"]?.inserted;
  expect.addSnapshotSerializer(serializer({ ids: idsOf({ tables }), dates: "numbered" }));
  await db.transaction(async (tx) => void (await changes(tx, () => tx.insert(cats).values({ name: "Tom" }))));
  const pg = await withPgTestDb({ schema, migrationsFolder: "drizzle" });
  await pg.rollback((tx) => describeSchema(tx, "auth"));
  use(matched, nullable, action, moods, inserted, stable(written), await changes(pg.db, () => {}));
}

export async function refused(): Promise<void> {
  const testDb = await withTestDb({ schema, migrationsFolder: "drizzle" });
  const { db } = testDb;
  const insert = () => db.insert(cats).values({ name: "Tom" });
  // @ts-expect-error a name is text
  await expect(insert()).toViolateUnique(23_505);
  // @ts-expect-error a table is no column
  await expect(insert()).toViolateUnique(cats);
  // @ts-expect-error a key has a column
  await expect(insert()).toViolateUnique([]);
  // @ts-expect-error no such column
  await expect(insert()).toViolateUnique(cats.nom);
  // @ts-expect-error a foreign key is known by its name
  await expect(insert()).toViolateForeignKey(cats.ownerId);
  // @ts-expect-error NOT NULL is of one column
  await expect(insert()).toViolateNotNull([cats.name]);
  // @ts-expect-error a deadlock has no name
  await expect(insert()).toDeadlock("cats");
  // @ts-expect-error no such matcher
  await expect(insert()).toViolateUniqueness();
  // @ts-expect-error nothing that could fail
  await assertViolatesUnique("cats_name_unique");
  // @ts-expect-error nothing to look at
  await assertViolatesUnique();
  // @ts-expect-error the database itself
  await changes(testDb, insert);
  // @ts-expect-error a call, not what it returned
  await changes(db, insert());
  // @ts-expect-error the database itself
  await describeSchema(testDb);
  // @ts-expect-error a schema by its name
  await describeSchema(db, schema);
  // @ts-expect-error misspelt
  stable({}, { date: "alike" });
  // @ts-expect-error not a way
  serializer({ dates: "same" });
  // @ts-expect-error what there was may be none
  countsOf(await changes(db, insert))["cats"].inserted;
}
