/**
 * A suite that lives on: it holds one unit of each kind, and looks after the rows in them all the time. It says `ready`,
 * and on `end` gives its units up; anything that is not as it should be ends it with an error.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { withTestDb } from "with-test-db";

const [url, migrationsFolder] = process.argv.slice(2);
const units = [
  await withTestDb({ schema: {}, migrationsFolder, url, isolation: "schema", label: "live" }),
  await withTestDb({ schema: {}, migrationsFolder, url, isolation: "database", label: "live" }),
];
for (const { client } of units) await client`insert into t0 (x) values ('of the living')`;
let ending = false;
once(process.stdin, "data").then(() => {
  ending = true;
});
process.stdout.write(`${JSON.stringify(units.map(({ schemaName, databaseName }) => schemaName ?? databaseName))}\n`);
let written = 1;
while (!ending) {
  for (const { client, schemaName, databaseName } of units) {
    await client`insert into t0 (x) values ('of the living')`;
    const [row] = await client`select count(*)::int as n, current_schema() as schema, current_database() as database
                                 from t0 where x = 'of the living'`;
    const expected = { n: written + 1, schema: schemaName ?? "public", database: databaseName };
    if (JSON.stringify(row) !== JSON.stringify(expected)) {
      throw new Error(`${JSON.stringify(row)} is not ${JSON.stringify(expected)}`);
    }
  }
  written++;
  await sleep(50);
}
for (const unit of units) await unit.dispose();
process.stdin.destroy();
