/**
 * A process that goes on working while its server comes and goes. Each call of the library ends within its bound, well or
 * with an error of ours; a query of its own may fail as the driver's do. Anything else ends the process. It says what succeeds.
 *
 * Arguments: the driver's entry of the package, the server's URL, a seed, and migrations folders.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { randomFrom } from "./crash-random.mjs";

/** How long a call may take, in milliseconds: some of them are several attempts of ten seconds. */
const BOUND = 60_000;
const [entry, url, seed, ...folders] = process.argv.slice(2);
const { TestDbError, withTestDb } = await import(entry);
const random = randomFrom(Number(seed));
const done = { calls: 0, failed: 0, codes: {} };

let ending = false;
once(process.stdin, "data").then(() => {
  ending = true;
});

async function bounded(what, work) {
  const late = new AbortController();
  const tooLate = sleep(BOUND, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new Error(`${what} took longer than ${BOUND / 1000} s`);
  });
  tooLate.catch(() => {});
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    late.abort();
  }
}

/** Undefined where it failed as it may. */
async function attempt(what, work, ours = true) {
  done.calls++;
  try {
    const result = await bounded(what, work());
    process.stdout.write("succeeded\n");
    return result;
  } catch (error) {
    if (/took longer/.test(error.message)) throw error;
    if (ours && !(error instanceof TestDbError))
      throw new Error(`${what} failed without a word of ours`, { cause: error });
    done.failed++;
    const code = error.code ?? error.cause?.code ?? error.message;
    done.codes[code] = (done.codes[code] ?? 0) + 1;
    return undefined;
  }
}

async function suite() {
  const isolation = random(5) === 0 ? "database" : "schema";
  const migrationsFolder = folders[random(folders.length)];
  const testDb = await attempt("withTestDb()", () => withTestDb({ schema: {}, migrationsFolder, url, isolation }));
  if (!testDb) return sleep(20);
  for (let steps = random(6); steps > 0; steps--) {
    const insert = () => testDb.db.execute("insert into t0 (x) values ('mine')");
    await attempt("a query", insert, false);
    if (random(2) === 0) {
      const use = async (db) => {
        await db.execute("insert into t0 (x) values ('rolled back')");
        await sleep(random(30));
        // a test that goes on, whatever became of its transaction
        await Promise.allSettled([1, 2].map(() => db.execute("insert into t0 (x) values ('rolled back')")));
      };
      await attempt("rollback()", () => testDb.rollback(use), false);
    } else {
      await attempt("reset()", () => testDb.reset());
    }
  }
  await attempt("dispose()", () => testDb.dispose());
}

process.stdout.write("ready\n");
while (!ending) await Promise.all([suite(), suite()]);
process.stdout.write(`${JSON.stringify(done)}\n`);
process.stdin.destroy();
