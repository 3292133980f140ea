/** Captured queries, and plans, once more under drizzle-orm 1.0. */
import { fileURLToPath } from "node:url";
import { npmVersion } from "drizzle-orm/version";
import { describe } from "vitest";
import { isIntegrationEnabled, withTestDb } from "with-test-db";
import { withTestDb as withTestDbOnPg } from "with-test-db/pg";
import { isServedByAnIndex } from "../../../src/plans/is-served-by-an-index.ts";
import { captureQueries } from "../../../src/queries/capture.ts";
import { repeatsNoQuery } from "../../../src/queries/repeats-no-query.ts";
import { runsAtMost } from "../../../src/queries/runs-at-most.ts";
import { NODE_POSTGRES, POSTGRES_JS } from "../../../test/drivers/subjects.ts";
import { plansConformance } from "../../../test/plans/conformance.ts";
import { queriesConformance } from "../../../test/queries/conformance.ts";
import { drizzle1 } from "./drizzle-1.ts";

const directory = fileURLToPath(new URL("..", import.meta.url));
const queries = { captureQueries, runsAtMost, repeatsNoQuery };

describe.skipIf(!isIntegrationEnabled())(`drizzle-orm ${npmVersion}`, () => {
  const postgresJs = {
    ...{ ...POSTGRES_JS, ...drizzle1, module: { specifier: "with-test-db", directory } },
    withTestDb: withTestDb as never,
  };
  const nodePostgres = {
    ...{ ...NODE_POSTGRES, ...drizzle1, module: { specifier: "with-test-db/pg", directory } },
    withTestDb: withTestDbOnPg as never,
  };

  describe("queries by postgres.js", () => queriesConformance(postgresJs, queries));
  describe("queries by node-postgres", () => queriesConformance(nodePostgres, queries));
  describe("plans by postgres.js", () => plansConformance(postgresJs, isServedByAnIndex));
  describe("plans by node-postgres", () => plansConformance(nodePostgres, isServedByAnIndex));
});
