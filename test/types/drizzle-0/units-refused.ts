/** What must not compile of truncate() and of what happens between tests. */
import { pgView, text } from "drizzle-orm/pg-core";
import type { TestDb } from "with-test-db";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "./schema.js";

const view = pgView("names", { name: text() }).existing();

export async function refusedOfUnits(testDb: TestDb<typeof schema>): Promise<void> {
  // @ts-expect-error tables, not their names
  await testDb.truncate(["cats"]);
  // @ts-expect-error a list of tables
  await testDb.truncate(schema.cats);
  // @ts-expect-error the whole schema has more than tables
  await testDb.truncate(Object.values(schema));
  // @ts-expect-error a view has no rows of its own
  await testDb.truncate([view]);
  // @ts-expect-error misspelt
  await useTestDb({ schema, migrationsFolder: "drizzle", between: "truncated" });
}
