/** What a user sees on hover, as the compiler writes it into declarations. */
import { type TestDb, withTestDb } from "with-test-db";
import { type TestDb as PgTestDb, withTestDb as withPgTestDb } from "with-test-db/pg";
import { relations } from "../src/relations.ts";

export const call = () => withTestDb({ relations, migrationsFolder: "drizzle" });
export const bare = () => withTestDb({ migrationsFolder: "drizzle" });
export const db = (testDb: TestDb<typeof relations>) => testDb.db;
export const client = (testDb: TestDb<typeof relations>) => testDb.client;
export const pgCall = () => withPgTestDb({ relations, migrationsFolder: "drizzle" });
export const pgDb = (testDb: PgTestDb<typeof relations>) => testDb.db;
export const pgClient = (testDb: PgTestDb<typeof relations>) => testDb.client;
