/** What must not compile where drizzle-orm 0.45 is installed. */
import type { Pool } from "pg";
import type postgres from "postgres";
import { type TestDb, withTestDb } from "with-test-db";
import { type TestDb as PgTestDb, withTestDb as withPgTestDb } from "with-test-db/pg";
import * as schema from "./schema.js";

const migrationsFolder = "drizzle";
declare function use(...values: unknown[]): void;

export async function refused(): Promise<void> {
  // @ts-expect-error relations are of 1.0
  await withTestDb({ relations: {}, migrationsFolder });
  // @ts-expect-error relations are of 1.0
  await withPgTestDb({ relations: {}, migrationsFolder });
  // @ts-expect-error a folder is needed
  await withTestDb({ schema });
  // @ts-expect-error a folder is needed
  await withPgTestDb({ schema });
  // @ts-expect-error misspelt
  await withTestDb({ schema, migrationFolder: migrationsFolder });
  // @ts-expect-error misspelt
  await withTestDb({ schema, migrationsFolder, isolation: "schemas" });
  // @ts-expect-error a schema is an object
  await withTestDb({ schema: "schema.ts", migrationsFolder });
  // @ts-expect-error the schema is said once
  await withTestDb({ schema, migrationsFolder, drizzle: { schema } });
  // @ts-expect-error not an option of Drizzle
  await withTestDb({ schema, migrationsFolder, drizzle: { logging: true } });
  // @ts-expect-error not an option of postgres.js
  await withTestDb({ schema, migrationsFolder, client: { statement_timeout: 1 } });
  // @ts-expect-error not an option of node-postgres
  await withPgTestDb({ schema, migrationsFolder, client: { idle_timeout: 1 } });
  // @ts-expect-error an undefined option is none
  await withTestDb({ schema, migrationsFolder, label: undefined });
  // @ts-expect-error a seed has a key
  await withTestDb({ schema, migrationsFolder, seed: { run: () => Promise.resolve() } });

  const testDb = await withTestDb({ schema, migrationsFolder });
  // @ts-expect-error no such table
  testDb.db.query.dogs;
  // @ts-expect-error no such column
  await testDb.db.insert(schema.owners).values({ nom: "Ada" });
  // @ts-expect-error not a value of the enum
  await testDb.db.insert(schema.owners).values({ name: "Ada", mood: "sleepy" });
  // @ts-expect-error what is handed out is not to be changed
  testDb.url = "";
  // @ts-expect-error the other driver's client
  const pool: Pool = testDb.client;
  // @ts-expect-error the other driver's
  const other: PgTestDb<typeof schema> = testDb;

  const pgTestDb = await withPgTestDb({ schema, migrationsFolder });
  // @ts-expect-error the other driver's client
  const sql: postgres.Sql = pgTestDb.client;
  // @ts-expect-error without a schema there is nothing to query
  (await withTestDb({ migrationsFolder })).db.query.owners.findFirst();
  // @ts-expect-error another schema
  const narrow: TestDb<{ owners: typeof schema.cats }> = testDb;
  use(pool, other, sql, narrow);
}
