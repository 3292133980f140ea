import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { asConformance } from "./as-conformance.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())("under drizzle-orm 0.45", () => {
  describe("postgres.js", () => {
    asConformance({ ...POSTGRES_JS, ...DRIZZLE_0, module: { specifier: "with-test-db", directory }, withTestDb });
  });

  describe("node-postgres", () => {
    asConformance({
      ...NODE_POSTGRES,
      ...DRIZZLE_0,
      module: { specifier: "with-test-db/pg", directory },
      withTestDb: withTestDbOnPg,
    });
  });
});
