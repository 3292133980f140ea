import { vi } from "vitest";
import { useTestDb } from "with-test-db/vitest";
import * as schema from "../../schema.ts";

const testDb = await useTestDb({ schema, migrationsFolder: "drizzle", between: "rollback" });
vi.mock("../src/db.ts", () => ({ db: testDb.db }));
