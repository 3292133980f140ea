import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import * as assertions from "../../src/assertions.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { assertionsConformance } from "./conformance.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())("assertions under drizzle-orm 0.45", () => {
  describe("with postgres.js", () => {
    const module = { specifier: "with-test-db", directory };
    assertionsConformance({ ...POSTGRES_JS, ...DRIZZLE_0, module, withTestDb }, assertions);
  });

  describe("with node-postgres", () => {
    const module = { specifier: "with-test-db/pg", directory };
    assertionsConformance({ ...NODE_POSTGRES, ...DRIZZLE_0, module, withTestDb: withTestDbOnPg }, assertions);
  });
});
