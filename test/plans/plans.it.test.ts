import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withTestDbOnPg } from "../../src/pg.ts";
import { assertServedByAnIndex } from "../../src/plans/assert-plans.ts";
import { isServedByAnIndex } from "../../src/plans/is-served-by-an-index.ts";
import { DRIZZLE_0, NODE_POSTGRES, POSTGRES_JS } from "../drivers/subjects.ts";
import { journalFolder } from "../support/migrations.ts";
import { plansConformance } from "./conformance.ts";

const directory = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())("plans by postgres.js under drizzle-orm 0.45", () => {
  plansConformance(
    { ...POSTGRES_JS, ...DRIZZLE_0, module: { specifier: "with-test-db", directory }, withTestDb },
    isServedByAnIndex,
  );
});

describe.skipIf(!isIntegrationEnabled())("plans by node-postgres under drizzle-orm 0.45", () => {
  plansConformance(
    {
      ...{ ...NODE_POSTGRES, ...DRIZZLE_0, module: { specifier: "with-test-db/pg", directory } },
      withTestDb: withTestDbOnPg,
    },
    isServedByAnIndex,
  );

  it("throws node's AssertionError as a function, with what the matcher says", async () => {
    const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer, name text)" });
    await withTestDbOnPg({ migrationsFolder }, async ({ db }) => {
      const refused = assertServedByAnIndex(() => db.execute("select * from t where name = 'a'"), db);
      await expect(refused).rejects.toMatchObject({
        ...{ name: "AssertionError", operator: "isServedByAnIndex" },
        message: expect.stringContaining("create index on t (name)"),
      });
    });
  });
});
