import { describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { fullServer } from "../support/full-server.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

interface Used {
  readonly schemaName: string | null;
  readonly db: { execute(query: string): Promise<unknown> };
  dispose(): Promise<void>;
}

describe.skipIf(!isIntegrationEnabled())("a crowded server", () => {
  const full = fullServer();

  it.each<[string, (url: string) => Promise<Used>]>([
    ["postgres.js", (url) => withTestDb({ schema: {}, migrationsFolder, url, client: { idle_timeout: 1 } })],
    [
      "node-postgres",
      (url) => withNodePostgres({ schema: {}, migrationsFolder, url, client: { idleTimeoutMillis: 500 } }),
    ],
  ])("keeps units whose processes have no connection to show that they are alive: %s", async (_, take) => {
    const { admin } = full.server;
    const unit = await take(full.url);
    await unit.db.execute("insert into t values (1)");
    const connected = async (): Promise<number> =>
      (await admin.rows("select 1 from pg_stat_activity where application_name = $1::text", [`${unit.schemaName}`]))
        .length;
    await expect.poll(connected, SOON).toBe(0);
    // the sweep needs one itself, to look into the home
    const others = await full.takeAllBut(1);
    expect(await sweep(admin, { minAge: 0 })).toMatchObject({ units: [], failures: [] });
    await Promise.all(others.map((session) => session.close()));
    await unit.db.execute("insert into t values (2)");
    await unit.dispose();
  });
});
