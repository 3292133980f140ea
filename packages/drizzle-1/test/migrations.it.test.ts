/** Databases of the past, under drizzle-orm 1.0. */
import * as orm from "drizzle-orm";
import * as core from "drizzle-orm/pg-core";
import { npmVersion } from "drizzle-orm/version";
import { describe } from "vitest";
import { isIntegrationEnabled } from "with-test-db";
import { migrateTo, migrationTests } from "with-test-db/migrations";
import { migrateTo as migrateToOnPg, migrationTests as migrationTestsOnPg } from "with-test-db/migrations/pg";
import { NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { type PastSubject, pastConformance } from "../../../test/migration-tests/conformance.ts";
import { folderPerMigration } from "../../../test/support/migrations.ts";

// the suite is written in the types of 0.45; both lines do the same with what it asks for
const drizzle1 = { orm, core, migrationsFolder: folderPerMigration } as unknown as Pick<
  PastSubject<never>,
  "orm" | "core" | "migrationsFolder"
>;

describe.skipIf(!isIntegrationEnabled())(`drizzle-orm ${npmVersion}`, () => {
  describe("postgres.js", () => {
    pastConformance({
      ...POSTGRES_JS,
      ...drizzle1,
      migrateTo: migrateTo as never,
      migrationTests: migrationTests as never,
    });
  });

  describe("node-postgres", () => {
    pastConformance({
      ...NODE_POSTGRES,
      ...drizzle1,
      migrateTo: migrateToOnPg as never,
      migrationTests: migrationTestsOnPg as never,
    });
  });
});
