/** The suite of test/assertions once more, under drizzle-orm 1.0. */
import { fileURLToPath } from "node:url";
import { npmVersion } from "drizzle-orm/version";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import * as assertions from "with-test-db/assertions";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import { assertionsConformance } from "../../../test/assertions/conformance.ts";
import { NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { drizzle1 } from "./drizzle-1.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())(`assertions under drizzle-orm ${npmVersion}`, () => {
  describe("with postgres.js", () => {
    const module = { specifier: "with-test-db", directory };
    assertionsConformance(
      { ...POSTGRES_JS, ...drizzle1, module, withTestDb: withTestDb as never },
      // the suite is written in the types of 0.45
      assertions as never,
    );
  });

  describe("with node-postgres", () => {
    const module = { specifier: "with-test-db/pg", directory };
    assertionsConformance(
      { ...NODE_POSTGRES, ...drizzle1, module, withTestDb: withTestDbOnPg as never },
      assertions as never,
    );
  });
});
