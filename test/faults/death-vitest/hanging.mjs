/** A test and a teardown that hang, on units that nobody disposes of. What runs on the server runs on to its end there. */
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, it } from "vitest";
import { withTestDb } from "with-test-db";

const { DEATH_URL: url, DEATH_FOLDER: migrationsFolder, DEATH_NAMES: names } = process.env;
const units = [];

beforeAll(async () => {
  for (const isolation of ["schema", "database"]) {
    units.push(await withTestDb({ schema: {}, migrationsFolder, url, isolation }));
  }
  writeFileSync(names, JSON.stringify(units.map(({ schemaName, databaseName }) => schemaName ?? databaseName)));
});
afterAll(() => new Promise(() => {}), 300);

it("hangs", () => Promise.all(units.map(({ client }) => client`select pg_sleep(3)`)));
