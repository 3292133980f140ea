/** What a user sees on hover, as the compiler writes it into declarations. */
import { type TestDb, withTestDb } from "with-test-db";
import { type TestDb as PgTestDb, withTestDb as withPgTestDb } from "with-test-db/pg";
import * as schema from "./schema.js";

export const call = () => withTestDb({ schema, migrationsFolder: "drizzle" });
export const bare = () => withTestDb({ migrationsFolder: "drizzle" });
export const db = (testDb: TestDb<typeof schema>) => testDb.db;
export const client = (testDb: TestDb<typeof schema>) => testDb.client;
export const pgCall = () => withPgTestDb({ schema, migrationsFolder: "drizzle" });
export const pgDb = (testDb: PgTestDb<typeof schema>) => testDb.db;
export const pgClient = (testDb: PgTestDb<typeof schema>) => testDb.client;
