import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openSession } from "../src/connections/session.ts";
import { isIntegrationEnabled } from "../src/index.ts";
import { readStatus } from "../src/janitor/read-status.ts";
import { isOfBusyMachine } from "./support/awkward.ts";
import { journalFolder, temporaryFolder } from "./support/migrations.ts";
import { testTarget } from "./support/target.ts";

const PROCESSES = 8;
const UNITS = 50;

/**
 * What each process runs, with the built package: its share of the units, all alive at the same time. Whoever builds the
 * home says so in a file beside the gate, if there is one, and goes on when the gate is there.
 */
const PROGRAM = `
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { withTestDb } from "with-test-db";
const [folder, count, gate] = process.argv.slice(1);
const prepare = gate && {
  key: "gate",
  async run() {
    writeFileSync(gate + ".reached", "");
    while (!existsSync(gate)) await sleep(20);
  },
};
const units = await Promise.all(
  Array.from({ length: Number(count) }, () =>
    withTestDb({ schema: {}, migrationsFolder: folder, label: "crowd", ...(prepare && { prepare }) })),
);
const seen = [];
for (const { client, schemaName } of units) {
  await client\`insert into marks (who) values (\${schemaName})\`;
}
await new Promise((resolve) => setTimeout(resolve, 300));
for (const { client, schemaName } of units) {
  const rows = await client\`select id, who from marks order by id\`;
  seen.push({ schemaName, rows: rows.map(({ id, who }) => [id, who]) });
}
await Promise.all(units.map((unit) => unit.dispose()));
console.log(JSON.stringify(seen));
`;

interface Ran {
  readonly units: readonly { readonly schemaName: string; readonly rows: readonly [number, string][] }[];
  /** What it said on stderr. */
  readonly said: string;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** `onWord` hears what is said on stderr while it is said. */
const run = (folder: string, count: number, gate = "", onWord = (_said: string) => {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, folder, String(count), gate], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TEST_DB_IT: "1" },
    });
    running.add(child);
    let output = "";
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk;
      onWord(said);
    });
    child.on("close", (code) => {
      running.delete(child);
      if (code === 0) resolve({ units: JSON.parse(output), said });
      else reject(new Error(`exit code ${code}\n${said}`));
    });
  });

describe.skipIf(!isIntegrationEnabled())("many processes at once", () => {
  it("all get units of their own, all right, and leave none", async () => {
    const folder = journalFolder({
      "0000_marks": `CREATE TABLE "marks" ("id" serial PRIMARY KEY, "who" text NOT NULL, "made" text DEFAULT '${Date.now()}');--> statement-breakpoint
        INSERT INTO "marks" ("who") VALUES ('the migration');`,
    });
    const shares = Array.from({ length: PROCESSES }, (_, i) => Math.ceil((UNITS - i) / PROCESSES));
    expect(shares.reduce((a, b) => a + b)).toBe(UNITS);
    const units = (await Promise.all(shares.map((count) => run(folder, count)))).flatMap((ran) => ran.units);

    expect(new Set(units.map(({ schemaName }) => schemaName)).size).toBe(UNITS);
    for (const { schemaName, rows } of units) {
      expect(rows).toEqual([
        [1, "the migration"],
        [2, schemaName],
      ]);
    }
    const session = await openSession(await testTarget());
    try {
      const names = new Set(units.map(({ schemaName }) => schemaName));
      expect((await readStatus(session)).units.filter(({ name }) => names.has(name))).toEqual([]);
    } finally {
      await session.close();
    }
  });

  it("wait for the one that builds the home, and say so once", async () => {
    const folder = journalFolder({
      "0000_marks": `CREATE TABLE "marks" ("id" serial PRIMARY KEY, "who" text NOT NULL, "made" text DEFAULT '${Date.now()} gate');--> statement-breakpoint
        INSERT INTO "marks" ("who") VALUES ('the migration');`,
    });
    const gate = join(temporaryFolder(), "gate");
    const builder = run(folder, 2, gate);
    await vi.waitFor(() => expect(existsSync(`${gate}.reached`)).toBe(true), { timeout: 20_000, interval: 20 });
    // nothing but the word that is expected opens the gate
    const waiter = run(folder, 3, gate, () => writeFileSync(gate, ""));
    const [built, waited] = await Promise.all([builder, waiter]);

    expect(built.said.split("\n").filter((line) => line && !isOfBusyMachine(line))).toEqual([]);
    expect(waited.said).toBe(`with-test-db: waiting for another process, which builds the home of ${folder} …\n`);
    const units = [...built.units, ...waited.units];
    expect(new Set(units.map(({ schemaName }) => schemaName)).size).toBe(5);
    for (const { schemaName, rows } of units) {
      expect(rows).toEqual([
        [1, "the migration"],
        [2, schemaName],
      ]);
    }
  });
});
