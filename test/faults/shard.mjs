/**
 * A host's share of a suite: a process that does what its standard input says, a line of JSON at a time, and answers
 * with a line each. It uses the built package, as a suite does.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { withTestDb } from "with-test-db";

const [url, ...folders] = process.argv.slice(2);
let prepared = 0;
const optionsFor = (folder) => ({
  schema: {},
  url,
  migrationsFolder: folders[folder],
  // counts how often this process built the home
  prepare: { key: "count", run: async () => void prepared++ },
});
const units = new Map();

const oidOf = async (unit) => {
  const [row] = await unit.client`select oid from pg_namespace where nspname = ${unit.schemaName}`;
  return row?.oid ?? null;
};
const marksIn = async (unit) => (await unit.client`select who from marks order by id`).map(({ who }) => who);

const verbs = {
  async lease({ as, folder = 0, isolation = "auto" }) {
    const unit = await withTestDb({ ...optionsFor(folder), isolation });
    units.set(as, unit);
    return { name: unit.schemaName ?? unit.databaseName, oid: await oidOf(unit), prepared };
  },
  async mark({ as, who }) {
    await units.get(as).client`insert into marks (who) values (${who})`;
  },
  marks: ({ as }) => marksIn(units.get(as)),
  /** A transaction that stays open. */
  async lock({ as }) {
    const { client } = units.get(as);
    await new Promise((resolve, reject) => {
      client
        .begin(async (sql) => {
          await sql`lock table marks in access exclusive mode`;
          resolve();
          await sleep(3_600_000, undefined, { ref: false });
        })
        .catch(reject);
    });
  },
  async dispose({ as }) {
    const unit = units.get(as);
    units.delete(as);
    await unit.dispose();
  },
  /** `count` units, `width` at a time, each with a row of its own. */
  async shard({ who, count, width }) {
    const seen = [];
    let next = 0;
    const lane = async () => {
      for (let index = next++; index < count; index = next++) {
        await withTestDb(optionsFor(0), async (unit) => {
          const before = await marksIn(unit);
          await unit.client`insert into marks (who) values (${`${who} ${index}`})`;
          await sleep(5);
          seen.push({ name: unit.schemaName, oid: await oidOf(unit), index, before, after: await marksIn(unit) });
        });
      }
    };
    await Promise.all(Array.from({ length: width }, lane));
    return seen;
  },
};

const answer = (words) => process.stdout.write(`${JSON.stringify(words)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { id, verb, ...words } = JSON.parse(line);
  verbs[verb](words).then(
    (result) => answer({ id, result }),
    ({ name, code, message }) => answer({ id, error: { name, code, message } }),
  );
}
process.exit();
