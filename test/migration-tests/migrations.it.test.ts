import { describe, expect, it, vi } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { migrateTo, migrationTests } from "../../src/migrations.ts";
import { migrateTo as migrateToOnPg, migrationTests as migrationTestsOnPg } from "../../src/migrations-pg.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { journalFolder } from "../support/migrations.ts";
import { pastConformance } from "./conformance.ts";

describe.skipIf(!isIntegrationEnabled())("databases of the past, postgres.js under drizzle-orm 0.45", () => {
  pastConformance({
    ...POSTGRES_JS,
    ...DRIZZLE_0,
    migrateTo: migrateTo as never,
    migrationTests: migrationTests as never,
  });
});

describe.skipIf(!isIntegrationEnabled())("databases of the past, node-postgres under drizzle-orm 0.45", () => {
  pastConformance({
    ...NODE_POSTGRES,
    ...DRIZZLE_0,
    migrateTo: migrateToOnPg as never,
    migrationTests: migrationTestsOnPg as never,
  });
});

describe.skipIf(!isIntegrationEnabled())("migrationTests() where the flag is off", () => {
  it("needs no base branch, and gives a test for a suite that is skipped, which fails where it is run", async () => {
    vi.stubEnv("TEST_DB_IT", "0");
    const migrationsFolder = journalFolder({ "0000_a": "CREATE TABLE a ();", "0001_b": "CREATE TABLE b ();" });
    const tests = await migrationTests({ migrationsFolder });
    expect(tests.map(({ tag }) => tag)).toEqual(["0001_b"]);
    await expect(tests[0]?.run()).rejects.toMatchObject({ code: "FLAG_UNSET" });
    await expect(migrateTo("0", { migrationsFolder })).rejects.toMatchObject({ code: "FLAG_UNSET" });
    vi.unstubAllEnvs();
  });
});
