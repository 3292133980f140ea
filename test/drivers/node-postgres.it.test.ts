import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/pg.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { conformance } from "./conformance.ts";
import { DRIZZLE_0, NODE_POSTGRES } from "./subjects.ts";
import { MIGRATIONS } from "./tables.ts";

describe.skipIf(!isIntegrationEnabled())("node-postgres under drizzle-orm 0.45", () => {
  conformance({
    ...NODE_POSTGRES,
    ...DRIZZLE_0,
    module: { specifier: "with-test-db/pg", directory: fileURLToPath(new URL("../..", import.meta.url)) },
    withTestDb,
  });

  describe("a pool", () => {
    const migrationsFolder = journalFolder(MIGRATIONS);

    it("takes the user's own startup options, and keeps the unit's", async () => {
      const testDb = await withTestDb({
        migrationsFolder,
        client: { options: "-c search_path=pg_catalog -c lock_timeout=4321", application_name: "mine", max: 2 },
      });
      const { rows } = await testDb.client.query(
        "select current_schema() as schema, current_setting('lock_timeout') as lock, current_setting('application_name') as app",
      );
      expect(rows).toEqual([{ schema: testDb.schemaName, lock: "4321ms", app: testDb.schemaName }]);
      await testDb.dispose();
    });

    it("serves callbacks, as it does without us", async () => {
      const testDb = await withTestDb({ migrationsFolder });
      const name = await new Promise((resolve, reject) => {
        testDb.client.connect((error, client, release) => {
          if (!client) return reject(error);
          client.query("select name from owners", (failed: Error | null, result: { rows: unknown[] }) => {
            release();
            failed ? reject(failed) : resolve(result.rows);
          });
        });
      });
      expect(name).toEqual([{ name: "Ada" }]);
      expect(testDb.client.idleCount).toBe(1);
      await testDb.dispose();
      await expect.poll(() => testDb.client.totalCount, SOON).toBe(0);
    });

    it("lets a query end that needs less than the grace", async () => {
      /** What becomes of a query that is under way when its unit is disposed of. */
      const outcome = async (): Promise<unknown> => {
        const testDb = await withTestDb({ migrationsFolder });
        const query = testDb.client.query("select 'done' as it, pg_sleep(0.02)").then(
          ({ rows }) => rows[0].it,
          (error: unknown) => error,
        );
        await testDb.dispose();
        return query;
      };
      // on a busy machine one may need more; without a grace, none would end
      let it: unknown;
      for (let times = 0; times < 20 && it !== "done"; times++) it = await outcome();
      expect(it).toBe("done");
    });
  });

  it("has all of the pool's own ways to ask inside of begin()", async () => {
    const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer unique)" });
    const testDb = await withTestDb({ schema: {}, migrationsFolder });
    const pool = testDb.client;
    const ids = async () => (await pool.query("select id from t order by id")).rows.map(({ id }) => id);
    const transaction = await testDb.begin();
    await pool.query("insert into t values ($1)", [1]);
    await pool.query({ text: "insert into t values ($1)", values: [2] });
    await new Promise<void>((resolve, reject) => {
      pool.connect((refused, client, release) => {
        if (!client) return reject(refused);
        client.query("insert into t values ($1)", [3], (failed, result) => {
          release();
          if (failed || result.rowCount !== 1) reject(failed ?? result);
          else resolve();
        });
      });
    });
    const client = await pool.connect();
    for (const query of ["BEGIN", "insert into t values (4)", "savepoint s", "rollback to savepoint s", "COMMIT"])
      await client.query(query);
    await client.query("start transaction isolation level serializable");
    await client.query("insert into t values (5)");
    await expect(client.query("insert into t values (5)")).rejects.toThrow("duplicate key");
    await expect(client.query("select 1")).rejects.toThrow("aborted");
    await client.query("rollback");
    await client.query("commit"); // a warning of Postgres', no more
    await pool.query(
      "/* several */ begin; insert into t values (5); rollback; begin; insert into t values (6); commit",
    );
    await Promise.all(["begin", "insert into t values (7)", "rollback"].map((query) => client.query(query)));
    await client.query("begin");
    await client.query("insert into t values (8)");
    client.release(); // what it left open is undone
    expect(await ids()).toEqual([1, 2, 3, 4, 6]);
    await transaction.rollback();
    expect(await ids()).toEqual([]);
    await testDb.dispose();
  });
});
