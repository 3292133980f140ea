import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import * as seams from "../../src/seams.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { seamsConformance } from "./conformance.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())("seams under drizzle-orm 0.45", () => {
  describe("postgres.js", () => {
    const module = { specifier: "with-test-db", directory };
    seamsConformance({ ...POSTGRES_JS, ...DRIZZLE_0, module, withTestDb }, seams);
  });
  describe("node-postgres", () => {
    const module = { specifier: "with-test-db/pg", directory };
    seamsConformance({ ...NODE_POSTGRES, ...DRIZZLE_0, module, withTestDb: withTestDbOnPg }, seams);
  });
});
