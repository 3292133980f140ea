/** What has to compile of truncate() and of what happens between tests. */
import { pgSchema } from "drizzle-orm/pg-core";
import { type TestDb, withTestDb } from "with-test-db";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import { useTestDb } from "with-test-db/vitest";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

const migrationsFolder = "drizzle";
const billing = pgSchema("billing").table("invoices", {});

export async function truncated(testDb: TestDb<typeof relations>): Promise<void> {
  const done: Promise<void> = testDb.truncate();
  await done;
  await testDb.truncate([schema.engineers, schema.rotations, billing]);
  const some = [schema.engineers] as const;
  await testDb.truncate(some);
  await (await withPgTestDb({ relations, migrationsFolder })).truncate([schema.engineers]);
  await (await withTestDb({ migrationsFolder })).truncate([]);
  await useTestDb({ relations, migrationsFolder, between: "truncate" });
}
