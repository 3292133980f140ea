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

  it("has all of the client's own ways to ask inside of begin()", async () => {
    const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer unique)" });
    const testDb = await withTestDb({ schema: {}, migrationsFolder });
    const { client } = testDb;
    const ids = async () => (await client`select id from t order by id`).map(({ id }) => id);
    const transaction = await testDb.begin();
    await client`insert into ${client("t")} ${client([{ id: 1 }, { id: 2 }], "id")}`;
    const [both] = await client.begin("isolation level serializable", (sql) => [sql`insert into t values (3)`]);
    expect(both).toEqual([]);
    await client.begin(async (sql) => {
      await expect(sql.savepoint("again", (deep) => deep`insert into t values (3)`)).rejects.toThrow("duplicate key");
      await sql.savepoint((deep) => deep`insert into t values (4)`);
    });
    const reserved = await client.reserve();
    await reserved.unsafe("insert into t values (5)");
    reserved.release();
    const seen: unknown[] = [];
    for await (const rows of client`select id from t order by id`.cursor(2)) seen.push(...rows.map(({ id }) => id));
    await client`select id from t`.forEach(({ id }) => void seen.push(id));
    expect(seen.sort()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    await client.notify("t", "inside");
    await expect(client`select 1 / 0`).rejects.toBeInstanceOf(client.PostgresError);
    expect(client.options.max).toBeGreaterThan(1);
    await transaction.rollback();
    expect(await ids()).toEqual([]);
    await client`insert into t values (9)`;
    expect(await ids()).toEqual([9]);
    await testDb.dispose();
  });
});
