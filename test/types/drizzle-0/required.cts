/** The same from CommonJS. */
import { withTestDb } from "with-test-db";

import pgEntry = require("with-test-db/pg");

export const names = async (): Promise<string | null> => (await withTestDb({ migrationsFolder: "drizzle" })).schemaName;
export const pool = async (): Promise<number> =>
  (await pgEntry.withTestDb({ migrationsFolder: "drizzle" })).client.totalCount;
