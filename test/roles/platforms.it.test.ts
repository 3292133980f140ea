import { fileURLToPath } from "node:url";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import * as neon from "drizzle-orm/neon";
import * as supabase from "drizzle-orm/supabase";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import * as roles from "../../src/roles.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { type Platforms, platformsConformance } from "./platforms-conformance.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));
const platforms: Platforms = {
  ...{ supabase, neon, roles },
  sqlOf: (schema) => generateMigration(generateDrizzleJson({}), generateDrizzleJson(schema)),
};

describe.skipIf(!isIntegrationEnabled())("under drizzle-orm 0.45", () => {
  describe("postgres.js", () => {
    const module = { specifier: "with-test-db", directory };
    platformsConformance({ ...POSTGRES_JS, ...DRIZZLE_0, module, withTestDb }, platforms);
  });

  describe("node-postgres", () => {
    const module = { specifier: "with-test-db/pg", directory };
    platformsConformance({ ...NODE_POSTGRES, ...DRIZZLE_0, module, withTestDb: withTestDbOnPg }, platforms);
  });
});
