/** Factories once more, under drizzle-orm 1.0. */
import { fileURLToPath } from "node:url";
import * as orm from "drizzle-orm";
import * as core from "drizzle-orm/pg-core";
import { npmVersion } from "drizzle-orm/version";
import * as drizzleSeed from "drizzle-seed";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import * as fixtures from "with-test-db/fixtures";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import { type Line, NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { type Fixtures, fixturesConformance } from "../../../test/fixtures/conformance.ts";
import { type DrizzleSeed, drizzleSeedInUnit } from "../../../test/fixtures/drizzle-seed.ts";
import { randomTables } from "../../../test/fixtures/random-tables.ts";
import { folderPerMigration } from "../../../test/support/migrations.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));
// the suite is written in the types of 0.45; types/fixtures.ts looks at those of 1.0
const drizzle1 = { orm, core, migrationsFolder: folderPerMigration, typedBy: () => ({}) } as unknown as Line;
const factories = fixtures as unknown as Fixtures;

describe.skipIf(!isIntegrationEnabled())(`drizzle-orm ${npmVersion}`, () => {
  describe("postgres.js", () => {
    const module = { specifier: "with-test-db", directory };
    const subject = { ...POSTGRES_JS, ...drizzle1, module, withTestDb: withTestDb as never };
    fixturesConformance(subject, factories);
    randomTables(subject, factories);
    drizzleSeedInUnit(subject, drizzleSeed as DrizzleSeed);
  });

  describe("node-postgres", () => {
    const module = { specifier: "with-test-db/pg", directory };
    const subject = { ...NODE_POSTGRES, ...drizzle1, module, withTestDb: withTestDbOnPg as never };
    fixturesConformance(subject, factories);
    randomTables(subject, factories);
    drizzleSeedInUnit(subject, drizzleSeed as DrizzleSeed);
  });
});
