/**
 * A suite that takes a unit of each kind and ends without giving them up, in the way that is asked for.
 *
 * Arguments: the way, the server's URL, a migrations folder, and the driver: `with-test-db` or `with-test-db/pg`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const [way, url, migrationsFolder, driver] = isMainThread ? process.argv.slice(2) : workerData;
const says = (text) => process.stdout.write(`${text}\n`);

async function takeUnits() {
  const { withTestDb } = await import(driver);
  const names = [];
  for (const isolation of ["schema", "database"]) {
    const testDb = await withTestDb({ schema: {}, migrationsFolder, url, isolation, client: { max: 1 } });
    await testDb.db.execute("insert into t0 default values");
    // two on one connection, which is waited for until the last has been answered
    if (driver === "with-test-db") {
      await Promise.all([testDb.client`select pg_sleep(0.05)`, testDb.client`select ${1}::integer, pg_sleep(0.05)`]);
    }
    names.push(testDb.schemaName ?? testDb.databaseName);
  }
  return JSON.stringify(names);
}

const WAYS = {
  "an exception": () => {
    throw new Error("before dispose");
  },
  "process.exit": () => process.exit(3),
  "out of memory": () => {
    const hoard = [];
    for (;;) hoard.push(Array.from({ length: 1000 }, (_, n) => ({ n })));
  },
  "without dispose": () => {},
  "a signal": () => sleep(600_000),
};

if (!isMainThread) {
  parentPort.postMessage(await takeUnits());
  if (way === "a worker that exits") process.exit(3);
  await sleep(600_000);
} else if (way.startsWith("a worker")) {
  const worker = new Worker(new URL(import.meta.url), { workerData: [way, url, migrationsFolder, driver] });
  worker.once("message", async (names) => {
    if (way === "a worker that is terminated") await worker.terminate();
    says(names);
  });
  // the process itself lives on
  await sleep(600_000);
} else {
  says(await takeUnits());
  await WAYS[way]();
}
