/** What the processes of one run left goes at once, however young; what others have, or one of them still has, stays. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { homeLock, tryLock } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { createEmptyDatabase } from "../../src/control/databases.ts";
import { HOLDERS_FILE, readHolders } from "../../src/control/holders-of-run.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweepRun } from "../../src/janitor/sweep-run.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { SOON } from "../support/soon.ts";

const library = new URL("../../dist/index.mjs", import.meta.url).href;
const root = fileURLToPath(new URL("../..", import.meta.url));

describe.skipIf(!isIntegrationEnabled())("sweepRun()", () => {
  let own: OwnDatabase;
  let session: Session;
  const children: ChildProcess[] = [];
  const made = new Set<string>();
  const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
  const folder = temporaryFolder();
  const [holders, others] = [join(folder, "holders"), join(folder, "others")];

  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_sweep_run_${Date.now()}`);
    session = await openSession(own.target);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await killed(child);
    // whatever the test asserted, and nothing of other suites'
    const all = [...readHolders(holders), ...readHolders(others)];
    await expect.poll(() => sweepRun(session, all).then(units), SOON).toEqual([]);
  });
  afterAll(async () => {
    await session.close();
    await own.drop();
  });

  /** Has a process take a unit. Resolves to the unit's name. */
  async function unitOf(isolation: "schema" | "database", isOfRun: boolean): Promise<[name: string, ChildProcess]> {
    const script = `
      import { withTestDb } from ${JSON.stringify(library)};
      const options = ${JSON.stringify({ migrationsFolder, url: own.url, isolation })};
      const { schemaName, databaseName } = await withTestDb(options);
      console.log(schemaName ?? databaseName);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TEST_DB_IT: "1", [HOLDERS_FILE]: isOfRun ? holders : others },
    });
    children.push(child);
    const [name] = await once(createInterface(child.stdout as NodeJS.ReadableStream), "line");
    made.add(name);
    return [name, child];
  }
  async function killed(child: ChildProcess): Promise<void> {
    const ended = once(child, "exit");
    if (child.kill("SIGKILL")) await ended;
  }
  const units = async (): Promise<string[]> => {
    const { units } = await readStatus(session);
    return units.filter(({ name, state }) => state === "leased" && made.has(name)).map(({ name }) => name);
  };

  it("drops what was left by the run's processes that are gone, and nothing else", async () => {
    const [[schema, one], [database, two], [used], [anothers, four]] = [
      await unitOf("schema", true),
      await unitOf("database", true),
      await unitOf("schema", true),
      await unitOf("schema", false),
    ];
    for (const child of [one, two, four]) await killed(child);
    const noted = readHolders(holders);
    expect(new Set(noted.map(({ holder }) => holder)).size).toBe(3);
    const swept = { units: [] as string[], databases: [] as string[] };
    // the server may not have noticed yet that the processes are gone
    await expect
      .poll(async () => {
        const { units, databases, failures } = await sweepRun(session, noted);
        swept.units.push(...units);
        swept.databases.push(...databases);
        return [swept.units.length, swept.databases.length, failures];
      }, SOON)
      .toEqual([1, 1, []]);
    expect(swept).toEqual({ units: [schema], databases: [database] });
    expect((await units()).sort()).toEqual([used, anothers].sort());
  });

  it("drops a home whose building was broken off, unless somebody is at it again", async () => {
    const name = `it_home_broken_off_${Date.now()}`;
    await createEmptyDatabase(session, name, { what: "building", home: name, folder: "", beside: "" });
    const builder = await openSession(own.target);
    await tryLock(builder, homeLock(name), async () => {
      expect(await sweepRun(session, [{ holder: 1, home: name }])).toMatchObject({ databases: [] });
    });
    await builder.close();
    expect(await sweepRun(session, [{ holder: 1, home: "it_home_other" }])).toMatchObject({ databases: [] });
    expect(await sweepRun(session, [{ holder: 1, home: name }])).toMatchObject({ databases: [name], failures: [] });
  });
});
