/**
 * A process that works with the built library until it is killed. It says on stdout what it is about to do.
 *
 * Arguments: the server's URL, a shared migrations folder, a directory for folders of its own, a seed, and the number of
 * the socket write at which it kills itself; 0 for never.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTestDb } from "with-test-db";
import { killAtWrite } from "./crash-at-write.mjs";
import { randomFrom } from "./crash-random.mjs";

const [url, shared, own, seed, lastWrite] = process.argv.slice(2);
const random = randomFrom(Number(seed));

killAtWrite(Number(lastWrite));

let at = "start";
const says = (what) => {
  at = what;
  process.stdout.write(`${what}\n`);
};

function newFolder() {
  const folder = join(own, randomBytes(8).toString("hex"));
  mkdirSync(join(folder, "meta"), { recursive: true });
  const journal = {
    version: "7",
    dialect: "postgresql",
    entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_t", breakpoints: true }],
  };
  writeFileSync(join(folder, "meta", "_journal.json"), JSON.stringify(journal));
  const tables = Array.from(
    { length: 1 + random(8) },
    (_, n) => `CREATE TABLE "t${n}" ("id" serial PRIMARY KEY, "x" text DEFAULT '${folder}');`,
  );
  writeFileSync(
    join(folder, "0000_t.sql"),
    `${tables.join("\n")}\nINSERT INTO "t0" ("x") SELECT 'seed' FROM generate_series(1, 5);`,
  );
  return folder;
}

async function useUnit() {
  const isNew = random(2) === 0;
  const isolation = random(4) === 0 ? "database" : "schema";
  says(`${isNew ? "build" : "lease"} ${isolation}`);
  const migrationsFolder = isNew ? newFolder() : shared;
  const testDb = await withTestDb({ schema: {}, migrationsFolder, url, isolation, reuse: random(4) > 0 });
  for (let steps = random(5); steps > 0; steps--) {
    switch (random(4)) {
      case 0:
        says("reset");
        await testDb.reset();
        break;
      case 1:
        says("rollback");
        await testDb.rollback(() => testDb.client`insert into t0 (x) values ('rolled back')`);
        break;
      case 2:
        says("ddl");
        await testDb.client`alter table t0 add column if not exists y integer`;
        break;
      default:
        says("write");
        await testDb.client`insert into t0 (x) select 'mine' from generate_series(1, 100)`;
    }
  }
  says("dispose");
  await testDb.dispose();
}

try {
  for (;;) {
    // one after the other, or several at once
    await Promise.all(Array.from({ length: 1 + random(2) }, useUnit));
  }
} catch (error) {
  process.stderr.write(`while at ${at}: ${error?.stack ?? error}\n`);
  process.exitCode = 1;
}
