/** What must not compile where drizzle-orm 1.0 is installed. */
import { eq } from "drizzle-orm";
import type { Pool } from "pg";
import type postgres from "postgres";
import { type TestDb, withTestDb } from "with-test-db";
import { type TestDb as PgTestDb, withTestDb as withPgTestDb } from "with-test-db/pg";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;

export async function refused(): Promise<void> {
  // @ts-expect-error a schema is of 0.45
  await withTestDb({ schema, migrationsFolder });
  // @ts-expect-error a schema is of 0.45
  await withPgTestDb({ schema, migrationsFolder });
  // @ts-expect-error a folder is needed
  await withTestDb({ relations });
  // @ts-expect-error a folder is needed
  await withPgTestDb({ relations });
  // @ts-expect-error misspelt
  await withTestDb({ relations, migrationFolder: migrationsFolder });
  // @ts-expect-error misspelt
  await withTestDb({ relations, migrationsFolder, isolation: "schemas" });
  // @ts-expect-error since 1.0 casing is said where a table is declared
  await withTestDb({ relations, migrationsFolder, drizzle: { casing: "snake_case" } });
  // @ts-expect-error relations are said once
  await withTestDb({ relations, migrationsFolder, drizzle: { relations } });
  // @ts-expect-error not an option of Drizzle
  await withTestDb({ relations, migrationsFolder, drizzle: { logging: true } });
  // @ts-expect-error not an option of postgres.js
  await withTestDb({ relations, migrationsFolder, client: { statement_timeout: 1 } });
  // @ts-expect-error not an option of node-postgres
  await withPgTestDb({ relations, migrationsFolder, client: { idle_timeout: 1 } });
  // @ts-expect-error an undefined option is none
  await withTestDb({ relations, migrationsFolder, label: undefined });
  // @ts-expect-error a seed has a key
  await withTestDb({ relations, migrationsFolder, seed: { run: () => Promise.resolve() } });

  const testDb = await withTestDb({ relations, migrationsFolder });
  // @ts-expect-error no such table
  testDb.db.query.dogs;
  // @ts-expect-error no such column
  await testDb.db.insert(schema.engineers).values({ nom: "ada" });
  // @ts-expect-error not a value of the enum
  await testDb.db.select().from(schema.shifts).where(eq(schema.shifts.level, "tertiary"));
  // @ts-expect-error what is handed out is not to be changed
  testDb.url = "";
  // @ts-expect-error the other driver's client
  const pool: Pool = testDb.client;
  // @ts-expect-error the other driver's
  const other: PgTestDb<typeof relations> = testDb;

  const pgTestDb = await withPgTestDb({ relations, migrationsFolder });
  // @ts-expect-error the other driver's client
  const sql: postgres.Sql = pgTestDb.client;
  // @ts-expect-error without relations there is nothing to query
  (await withTestDb({ migrationsFolder })).db.query.engineers.findFirst();
  // @ts-expect-error other relations
  const narrow: TestDb<{ engineers: (typeof relations)["shifts"] }> = testDb;
  use(pool, other, sql, narrow);
}
