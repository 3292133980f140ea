/** Every way for a suite to end without dispose(): each ends, and the next sweep takes what it held, and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";
import { type Ended, type Program, start } from "./crash-processes.ts";

const OWN = `it_death_test_${Date.now().toString(36)}`;
const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t0" ("id" serial PRIMARY KEY, "x" text DEFAULT '${OWN}');`,
});
const HOW = ["with-test-db", "with-test-db/pg"] as const;

interface Way {
  readonly way: string;
  readonly driver?: (typeof HOW)[number];
  readonly node?: readonly string[];
  /** What is done to it once it has its units. */
  readonly meanwhile?: (program: Program) => void;
  /** How it ends. A process that lives on is killed after the sweep. */
  readonly ends: Partial<Ended> | "not";
}

const signalled = (signal: NodeJS.Signals): Way => ({
  way: "a signal",
  meanwhile: ({ child }) => void child.kill(signal),
  ends: { signal },
});
const WAYS: Readonly<Record<string, Way>> = {
  "an exception before dispose": { way: "an exception", ends: { code: 1 } },
  "process.exit": { way: "process.exit", ends: { code: 3 } },
  SIGINT: signalled("SIGINT"),
  SIGTERM: signalled("SIGTERM"),
  SIGHUP: signalled("SIGHUP"),
  SIGKILL: signalled("SIGKILL"),
  "out of memory": { way: "out of memory", node: ["--max-old-space-size=48"], ends: { signal: "SIGABRT" } },
  "a worker thread that is terminated": { way: "a worker that is terminated", ends: "not" },
  "process.exit in a worker thread": { way: "a worker that exits", ends: "not" },
  "the end of a program that never disposed": { way: "without dispose", ends: { code: 0, stderr: "" } },
  "the same with node-postgres": { way: "without dispose", driver: "with-test-db/pg", ends: { code: 0, stderr: "" } },
};

describe.skipIf(!isIntegrationEnabled())("the end of a suite", () => {
  let own: OwnDatabase;
  let session: Session;
  let url: string;
  let living: TestDb;
  // what a process leaves when it dies, such as a core, goes with it
  const cwd = temporaryFolder();

  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    ({ session, url } = own);
    living = await withTestDb({ schema: {}, migrationsFolder, url });
    await living.client`insert into t0 default values`;
  });
  afterAll(async () => {
    await living.dispose();
    await own.drop();
  });

  /** Waits until the server has noticed that whoever held these is gone. */
  const noticed = (names: readonly string[]): Promise<void> =>
    vi.waitFor(
      async () => {
        const inside = await session.rows<{ name: string }>(
          `select concat(datname, ' ', application_name) as name from pg_stat_activity
            where application_name = any(string_to_array($1::text, ',')) or datname = any(string_to_array($1::text, ','))`,
          [names.join(",")],
        );
        expect(inside).toEqual([]);
        expect((await readStatus(session)).units.filter(({ name, alive }) => alive && names.includes(name))).toEqual(
          [],
        );
      },
      { timeout: 20_000, interval: 50 },
    );

  async function expectSwept([schema, database]: readonly (string | undefined)[]): Promise<void> {
    await noticed([schema ?? "", database ?? ""]);
    expect(await sweep(session, { minAge: 0 })).toEqual({
      units: [schema],
      databases: [database],
      records: [],
      failures: [],
    });
    const left = await session.rows(
      "select nspname from pg_namespace where nspname = $1::text union all select datname from pg_database where datname = $2::text",
      [schema ?? "", database ?? ""],
    );
    expect(left).toEqual([]);
    expect(await living.client`select id from t0`).toEqual([{ id: 1 }]);
  }

  it.each(Object.entries(WAYS))("by %s: the next sweep takes its units", async (_, { way, node = [], ...of }) => {
    const suite = fileURLToPath(new URL("death-suite.mjs", import.meta.url));
    const program = start([...node, suite, way, url, migrationsFolder, of.driver ?? HOW[0]], { cwd });
    const names = JSON.parse(await program.says(/^\[/)) as string[];
    of.meanwhile?.(program);
    if (of.ends !== "not") expect(await program.ended).toMatchObject(of.ends);
    await expectSwept(names);
    expect(program.child.exitCode === null && program.child.signalCode === null).toBe(of.ends === "not");
    program.child.kill("SIGKILL");
    await program.ended;
  });

  it.each(["forks", "threads"])("by a runner that kills its workers (vitest, %s): the same", async (pool) => {
    const names = join(temporaryFolder(), "names.json");
    const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
    const root = fileURLToPath(new URL("death-vitest", import.meta.url));
    const program = start([vitest, "run", "--root", root], {
      env: { DEATH_URL: url, DEATH_FOLDER: migrationsFolder, DEATH_NAMES: names, DEATH_POOL: pool },
    });
    const { code, stdout } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("1 failed") });
    await expectSwept(JSON.parse(readFileSync(names, "utf8")));
  });

  it("is not being stopped (SIGSTOP): its units stay, and it goes on with them", async () => {
    const program = start(["crash-live.mjs", url, migrationsFolder], { cwd });
    const names = JSON.parse(await program.says(/^\[/)) as string[];
    const held = async (): Promise<number> =>
      (await readStatus(session)).units.filter(({ name, alive, exists }) => names.includes(name) && alive && exists)
        .length;
    // a process takes its lock in each home a while after its first unit there
    await expect.poll(held, SOON).toBe(2);
    program.child.kill("SIGSTOP");
    expect(await sweep(session, { minAge: 0 })).toEqual({ units: [], databases: [], records: [], failures: [] });
    expect(await held()).toBe(2);
    program.child.kill("SIGCONT");
    program.child.stdin?.write("end\n");
    expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
  });
});
