/** Roles and claims once more, under drizzle-orm 1.0. */
import { fileURLToPath } from "node:url";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api-postgres";
import * as orm from "drizzle-orm";
import * as neon from "drizzle-orm/neon";
import * as core from "drizzle-orm/pg-core";
import * as supabase from "drizzle-orm/supabase";
import { npmVersion } from "drizzle-orm/version";
import type { Pool } from "pg";
import type { Sql } from "postgres";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import * as roles from "with-test-db/roles";
import type { Subject } from "../../../test/drivers/conformance.ts";
import { type Line, NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { asConformance } from "../../../test/roles/as-conformance.ts";
import { type Platforms, platformsConformance } from "../../../test/roles/platforms-conformance.ts";
import { folderPerMigration } from "../../../test/support/migrations.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));

// the suites are written in the types of 0.45; both lines do the same with what they ask for
const drizzle1 = { orm, core, migrationsFolder: folderPerMigration, typedBy: () => ({}) } as unknown as Line;
const platforms = {
  ...{ supabase, neon, roles },
  sqlOf: async (schema: Record<string, unknown>) =>
    generateMigration(await generateDrizzleJson({}), await generateDrizzleJson(schema)),
} as unknown as Platforms;

const subjects: readonly [Subject<Sql>, Subject<Pool>] = [
  {
    ...POSTGRES_JS,
    ...drizzle1,
    module: { specifier: "with-test-db", directory },
    withTestDb: withTestDb as never,
  },
  {
    ...NODE_POSTGRES,
    ...drizzle1,
    module: { specifier: "with-test-db/pg", directory },
    withTestDb: withTestDbOnPg as never,
  },
];

describe.skipIf(!isIntegrationEnabled())(`under drizzle-orm ${npmVersion}`, () => {
  describe("postgres.js", () => {
    asConformance(subjects[0]);
    platformsConformance(subjects[0], platforms);
  });

  describe("node-postgres", () => {
    asConformance(subjects[1]);
    platformsConformance(subjects[1], platforms);
  });
});
