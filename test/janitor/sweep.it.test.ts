import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import type { Swept } from "../../src/janitor/sweeping.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${Date.now()}')`,
});

/** A process that takes units and is killed while it holds them. */
const PROGRAM = `
import { withTestDb } from "with-test-db";
const [url, migrationsFolder] = process.argv.slice(1);
const options = { schema: {}, migrationsFolder, url };
const units = [await withTestDb(options), await withTestDb({ ...options, isolation: "database" })];
console.log(JSON.stringify(units.map(({ schemaName, databaseName }) => schemaName ?? databaseName)));
setInterval(() => {}, 1000);
`;

const binaries = findBinaries(18);
if ("missing" in binaries)
  process.stderr.write(`SKIPPED: a sweep of all needs a server of its own, and ${binaries.missing}\n`);

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("sweep", () => {
  // a server of this file's own: ages of zero would take others' free units away
  let server: TestServer;
  let session: Session;
  let url: string;
  beforeAll(async () => {
    server = await startServer({ major: 18 });
    url = targetUrl(server.target);
    session = await openSession(server.target);
  });
  afterAll(async () => {
    await session?.close();
    await server?.stop();
  });
  const at = { minAge: 0, secondLookAfter: 0 };
  const nothing: Swept = { units: [], databases: [], records: [], failures: [] };

  /** Nobody is connected any more: the server notices an end a moment later. */
  const quiet = (): Promise<void> =>
    vi.waitFor(async () => {
      const others = await session.rows(
        "select datname, application_name from pg_stat_activity where backend_type = 'client backend' and pid not in ($1::int, $2::int)",
        [server.admin.pid, session.pid],
      );
      expect(others).toEqual([]);
    }, SOON);

  const recordOf = async (name: string | undefined) =>
    (await readStatus(session)).units.find((recorded) => recorded.name === name);

  /** Units that a killed process held. */
  async function leftBehind(): Promise<string[]> {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, url, migrationsFolder], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TEST_DB_IT: "1" },
    });
    const names = await new Promise<string[]>((resolve, reject) => {
      child.stdout.on("data", (line: Buffer) => resolve(JSON.parse(String(line))));
      child.once("exit", (code) => reject(new Error(`exit code ${code}`)));
    });
    child.kill("SIGKILL");
    await quiet();
    expect((await readStatus(session)).units.filter(({ name, alive }) => alive && names.includes(name))).toEqual([]);
    return names;
  }

  it("finds nothing on a server that was never used", async () => {
    expect(await sweep(session, at)).toEqual(nothing);
  });

  it("drops what a killed process held, and says so", async () => {
    const [schema, database] = await leftBehind();
    const both = { ...nothing, units: [schema], databases: [database] };
    expect(await sweep(session, { ...at, dryRun: true })).toEqual(both);
    expect(await sweep(session, at)).toEqual(both);
    expect(await sweep(session, at)).toEqual(nothing);
    expect([await recordOf(schema), await recordOf(database)]).toEqual([undefined, undefined]);
    expect(await session.rows("select from pg_database where datname = $1::text", [database])).toEqual([]);
  });

  it("leaves what is young", async () => {
    const [schema, database] = await leftBehind();
    expect(await sweep(session)).toEqual(nothing);
    expect(await sweep(session, at)).toMatchObject({ units: [schema], databases: [database] });
  });

  it("leaves what is in use, however old", async () => {
    const units = [
      await withTestDb({ schema: {}, migrationsFolder, url }),
      await withTestDb({ schema: {}, migrationsFolder, url, isolation: "database" }),
    ];
    const { records, failures, ...swept } = await sweep(session, { ...at, freeAge: 0, homeAge: 0 });
    expect({ records, failures }).toEqual({ records: [], failures: [] });
    // the pool may have been filled meanwhile, and what waits in it is not in use
    for (const name of [...swept.units, ...swept.databases]) expect(name).toMatch(/^it_pool_/);
    for (const unit of units) {
      await unit.client`insert into t default values`;
      await unit.dispose();
    }
  });

  it("leaves what somebody is connected to, though its holder is gone", async () => {
    const [schema, database] = await leftBehind();
    const home = (await recordOf(schema))?.home ?? "";
    const visitors = [
      await openSession(onDatabase(server.target, home), { application_name: schema ?? "" }),
      await openSession(onDatabase(server.target, database ?? "")),
    ];
    expect(await sweep(session, at)).toEqual(nothing);
    for (const visitor of visitors) await visitor.close();
    await quiet();
    expect(await sweep(session, at)).toMatchObject({ units: [schema], databases: [database] });
  });

  it("never touches schemas and databases that only have a name like ours", async () => {
    await session.script("create schema it_somebody_elses; create table it_somebody_elses.data as select 1 as one");
    await session.script("create database it_decoy");
    await session.script("comment on database it_decoy is 'with-test-db is what I use here'");
    const unit = await withTestDb({ schema: {}, migrationsFolder, url });
    const home = await openSession(onDatabase(server.target, unit.databaseName));
    await home.script("create schema it_unrecorded");
    const { units, databases, records, failures } = await sweep(session, { ...at, freeAge: 0 });
    expect({ records, failures }).toEqual({ records: [], failures: [] });
    for (const name of [...units, ...databases]) expect(name).toMatch(/^it_pool_/);
    expect(await session.rows("select one from it_somebody_elses.data")).toEqual([{ one: 1 }]);
    expect(await session.rows("select from pg_database where datname = 'it_decoy'")).toHaveLength(1);
    expect(await home.rows("select from pg_namespace where nspname = 'it_unrecorded'")).toHaveLength(1);
    await home.close();
    await unit.dispose();
    await quiet();
    await session.script("drop schema it_somebody_elses cascade");
    await session.script("drop database it_decoy");
  });

  it("forgets records of what somebody else dropped", async () => {
    const [schema, database] = await leftBehind();
    const home = await openSession(onDatabase(server.target, (await recordOf(schema))?.home ?? ""));
    await home.script(`drop schema ${schema} cascade`);
    await home.close();
    await session.script(`drop database ${database}`);
    const { units, databases, records } = await sweep(session, at);
    expect({ units, databases }).toEqual({ units: [], databases: [] });
    expect([...records].sort()).toEqual([schema, database].sort());
  });

  it("drops free units and homes that nobody has wanted for a while", async () => {
    const unit = await withTestDb({ schema: {}, migrationsFolder, url });
    await unit.dispose();
    await quiet();
    const { units, databases } = await sweep(session, { ...at, freeAge: 0, homeAge: 0 });
    for (const name of units) expect(name).toMatch(/^it_pool_/);
    expect(databases).toContain(unit.databaseName);
    expect((await readStatus(session)).homes).toEqual([]);
    // and the next call builds anew
    await withTestDb({ schema: {}, migrationsFolder, url }, ({ client }) => client`insert into t default values`);
  });
});
