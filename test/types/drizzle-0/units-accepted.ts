/** What has to compile of truncate() and of what happens between tests. */
import { pgSchema } from "drizzle-orm/pg-core";
import { type TestDb, withTestDb } from "with-test-db";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "./schema.js";

const migrationsFolder = "drizzle";
const billing = pgSchema("billing").table("invoices", {});

export async function truncated(testDb: TestDb<typeof schema>): Promise<void> {
  const done: Promise<void> = testDb.truncate();
  await done;
  await testDb.truncate([schema.cats, schema.owners, billing]);
  const some = [schema.cats] as const;
  await testDb.truncate(some);
  await (await withPgTestDb({ schema, migrationsFolder })).truncate([schema.cats]);
  await (await withTestDb({ migrationsFolder })).truncate([]);
  await useTestDb({ schema, migrationsFolder, between: "truncate" });
}
