import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { journalFolder } from "../support/migrations.ts";
import { conformance } from "./conformance.ts";
import { DRIZZLE_0, POSTGRES_JS } from "./subjects.ts";

describe.skipIf(!isIntegrationEnabled())("postgres.js under drizzle-orm 0.45", () => {
  conformance({
    ...POSTGRES_JS,
    ...DRIZZLE_0,
    module: { specifier: "with-test-db", directory: fileURLToPath(new URL("../..", import.meta.url)) },
    withTestDb,
  });

  it("takes a transformation of rows, which is not asked about the library's own answers", async () => {
    const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
    const client = { transform: { row: { from: (row: unknown) => ({ ...(row as object), mine: true }) } } };
    const testDb = await withTestDb({ schema: {}, migrationsFolder, client });
    expect(await testDb.client`select 1 as one`).toEqual([{ one: 1, mine: true }]);
    await testDb.reset();
    expect(await testDb.client`select count(*)::int as n from t`).toEqual([{ n: 0, mine: true }]);
    await testDb.dispose();
  });
});
