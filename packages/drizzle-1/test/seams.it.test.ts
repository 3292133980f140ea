/** The suite of with-test-db/seams once more, under drizzle-orm 1.0. */
import { fileURLToPath } from "node:url";
import * as orm from "drizzle-orm";
import * as core from "drizzle-orm/pg-core";
import { npmVersion } from "drizzle-orm/version";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import * as seams from "with-test-db/seams";
import { type Line, NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { seamsConformance } from "../../../test/seams/conformance.ts";
import { folderPerMigration } from "../../../test/support/migrations.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));
// the suite is written in the types of 0.45
const line = { orm, core, migrationsFolder: folderPerMigration, typedBy: () => ({}) } as unknown as Line;

describe.skipIf(!isIntegrationEnabled())(`seams under drizzle-orm ${npmVersion}`, () => {
  describe("postgres.js", () => {
    const module = { specifier: "with-test-db", directory };
    seamsConformance({ ...POSTGRES_JS, ...line, module, withTestDb: withTestDb as never }, seams);
  });
  describe("node-postgres", () => {
    const module = { specifier: "with-test-db/pg", directory };
    seamsConformance({ ...NODE_POSTGRES, ...line, module, withTestDb: withTestDbOnPg as never }, seams);
  });
});
