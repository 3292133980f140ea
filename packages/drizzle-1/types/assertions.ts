/** What has to compile of assertions, and what must not, where drizzle-orm 1.0 is installed, with vitest. */
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
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

const { engineers, rotations } = schema;
declare function use(...values: unknown[]): void;

export async function accepted(): Promise<void> {
  const testDb = await withTestDb({ relations, migrationsFolder: "drizzle" });
  const { db } = testDb;
  const insert = () => db.insert(engineers).values({ handle: "ada" });
  const matched: Promise<void> = expect(insert()).toViolateUnique();
  await expect(insert).toViolateUnique("engineers_handle_unique");
  await expect(insert()).toViolateUnique(/name/);
  await expect(insert()).toViolateUnique(engineers.handle);
  await expect(insert()).toViolateUnique([engineers.handle, engineers.timezone]);
  await expect(insert()).not.toViolateNotNull(rotations.name);
  await expect(insert()).rejects.toViolateForeignKey("rotations_fallback_id_engineers_id_fkey");
  await expect(insert()).resolves.not.toDeadlock();
  await expect(insert()).toFailToSerialize();
  await assertViolatesUnique(insert(), engineers.handle);
  await assertViolatesUnique(insert, [engineers.handle]);
  await assertViolatesNotNull(new Error("no"), "handle");
  await assertDatabaseError(insert(), "42P01");

  const { tables, enums } = await describeSchema(db);
  const nullable: boolean | undefined = tables["engineers"]?.columns["handle"]?.nullable;
  const action: "no action" | "restrict" | "cascade" | "set null" | "set default" | undefined =
    tables["engineers"]?.foreignKeys["rotations_fallback_id_engineers_id_fkey"]?.onDelete;
  const levels: readonly string[] | undefined = enums["level"];
  const written: Changes = await changes(db, insert);
  const inserted: number | undefined = countsOf(written)["engineers"]?.inserted;
  expect.addSnapshotSerializer(serializer({ ids: idsOf({ tables }), dates: "numbered" }));
  await db.transaction(async (tx) => void (await changes(tx, () => tx.insert(engineers).values({ handle: "ada" }))));
  const pg = await withPgTestDb({ relations, migrationsFolder: "drizzle" });
  await pg.rollback((tx) => describeSchema(tx, "auth"));
  use(matched, nullable, action, levels, inserted, stable(written), await changes(pg.db, () => {}));
}

export async function refused(): Promise<void> {
  const testDb = await withTestDb({ relations, migrationsFolder: "drizzle" });
  const { db } = testDb;
  const insert = () => db.insert(engineers).values({ handle: "ada" });
  // @ts-expect-error a name is text
  await expect(insert()).toViolateUnique(23_505);
  // @ts-expect-error a table is no column
  await expect(insert()).toViolateUnique(engineers);
  // @ts-expect-error a key has a column
  await expect(insert()).toViolateUnique([]);
  // @ts-expect-error no such column
  await expect(insert()).toViolateUnique(engineers.nom);
  // @ts-expect-error a foreign key is known by its name
  await expect(insert()).toViolateForeignKey(engineers.timezone);
  // @ts-expect-error NOT NULL is of one column
  await expect(insert()).toViolateNotNull([engineers.handle]);
  // @ts-expect-error a deadlock has no name
  await expect(insert()).toDeadlock("engineers");
  // @ts-expect-error no such matcher
  await expect(insert()).toViolateUniqueness();
  // @ts-expect-error nothing that could fail
  await assertViolatesUnique("engineers_handle_unique");
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
  countsOf(await changes(db, insert))["engineers"].inserted;
}
