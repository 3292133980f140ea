import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { blueprintLock } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { cloneDatabase, dropDatabase } from "../../src/control/private-database.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import type { Swept } from "../../src/janitor/sweeping.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${Date.now()}')`,
});
const OWN = `it_sweep_test_${Date.now().toString(36)}`;

/** A process that takes units and is killed while it holds them. */
const PROGRAM = `
import { withTestDb } from "with-test-db";
const [url, migrationsFolder] = process.argv.slice(1);
const options = { schema: {}, migrationsFolder, url };
const units = [await withTestDb(options), await withTestDb({ ...options, isolation: "database" })];
console.log(JSON.stringify(units.map(({ schemaName, databaseName }) => schemaName ?? databaseName)));
setInterval(() => {}, 1000);
`;

describe.skipIf(!isIntegrationEnabled())("sweep", () => {
  // a database of this file's own: ages of zero would take other files' free units away
  let server: Session;
  let session: Session;
  let url: string;
  beforeAll(async () => {
    const target = await testTarget();
    server = await openSession(target);
    // what others have left beside it, whose target is gone, would be found by every sweep here
    await sweep(server);
    await server.script(`create database ${OWN}`);
    url = targetUrl(onDatabase(target, OWN));
    session = await openSession(onDatabase(target, OWN));
  });
  afterAll(async () => {
    const made = (await readStatus(session)).blueprints.map(({ databaseName }) => databaseName);
    await session.close();
    await dropDatabase(server, OWN);
    // the blueprint has lost its target now
    expect(made).toEqual([expect.stringMatching(/^it_blueprint_/)]);
    expect((await sweep(server)).databases).toEqual(expect.arrayContaining(made));
    await server.close();
  });

  const at = { minAge: 0, secondLookAfter: 0 };
  const nothing: Swept = { units: [], databases: [], records: [], failures: [] };

  /** Nobody is connected any more, neither to this file's database nor to units: the server notices an end a moment later. */
  const quiet = (units: readonly string[] = []): Promise<void> =>
    vi.waitFor(async () => {
      const others = await session.rows(
        `select datname, application_name from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid() and datname = any (string_to_array($1::text, ','))`,
        [[OWN, ...units].join(",")],
      );
      expect(others).toEqual([]);
    }, SOON);

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
    await quiet(names);
    expect((await readStatus(session)).units.filter(({ name, alive }) => alive && names.includes(name))).toEqual([]);
    return names;
  }

  it("finds nothing in a database that was never used", async () => {
    expect(await sweep(session, at)).toEqual(nothing);
  });

  it("drops what a killed process held, and says so", async () => {
    const [schema, database] = await leftBehind();
    const both = { ...nothing, units: [schema], databases: [database] };
    expect(await sweep(session, { ...at, dryRun: true })).toEqual(both);
    expect(await sweep(session, at)).toEqual(both);
    expect(await sweep(session, at)).toEqual(nothing);
    const left = await session.rows(
      "select nspname from pg_namespace where nspname = $1::text union all select datname from pg_database where datname = $2::text",
      [schema, database],
    );
    expect(left).toEqual([]);
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
    const { units: swept, ...rest } = await sweep(session, { ...at, freeAge: 0, blueprintAge: 0 });
    expect(rest).toEqual({ databases: [], records: [], failures: [] });
    // the pool may have been filled meanwhile, and what waits in it is not in use
    for (const name of swept) expect(name).toMatch(/^it_(pool|trial)_/);
    for (const unit of units) {
      await unit.client`insert into t default values`;
      await unit.dispose();
    }
  });

  it("leaves what somebody is connected to, though its holder is gone", async () => {
    const [schema, database] = await leftBehind();
    const target = await testTarget();
    const visitors = [
      await openSession(onDatabase(target, OWN), { application_name: schema ?? "" }),
      await openSession(onDatabase(target, database ?? "")),
    ];
    expect(await sweep(session, at)).toEqual(nothing);
    for (const visitor of visitors) await visitor.close();
    await quiet([database ?? ""]);
    expect(await sweep(session, at)).toMatchObject({ units: [schema], databases: [database] });
  });

  it("never touches schemas and databases that only have a name like ours", async () => {
    await session.script("create schema it_somebody_elses; create table it_somebody_elses.data as select 1 as one");
    await server.script(`create database ${OWN}_decoy`);
    await server.script(`comment on database ${OWN}_decoy is 'with-test-db is what I use here'`);
    const { units, databases, records, failures } = await sweep(session, { ...at, freeAge: 0, blueprintAge: 0 });
    expect({ records, failures }).toEqual({ records: [], failures: [] });
    for (const name of units) expect(name).toMatch(/^it_(pool|trial)_/);
    for (const name of databases) expect(name).toMatch(/^it_blueprint_/);
    expect(await session.rows("select one from it_somebody_elses.data")).toEqual([{ one: 1 }]);
    expect((await readStatus(session)).unrecorded).toEqual(
      expect.arrayContaining(["it_somebody_elses", `${OWN}_decoy`]),
    );
    await session.script("drop schema it_somebody_elses cascade");
    await dropDatabase(server, `${OWN}_decoy`);
  });

  it("forgets records of what somebody else dropped", async () => {
    const [schema, database] = await leftBehind();
    await session.script(`drop schema ${schema} cascade`);
    await dropDatabase(server, database ?? "");
    const { units, databases, records } = await sweep(session, at);
    expect({ units, databases }).toEqual({ units: [], databases: [] });
    expect([...records].sort()).toEqual([schema, database].sort());
  });

  it("drops free units and blueprints that nobody has wanted for a while", async () => {
    const unit = await withTestDb({ schema: {}, migrationsFolder, url });
    await unit.dispose();
    await quiet();
    const { units, databases } = await sweep(session, { ...at, freeAge: 0, blueprintAge: 0 });
    expect(units.length).toBeGreaterThan(0);
    for (const name of units) expect(name).toMatch(/^it_(pool|trial)_/);
    expect(databases).toEqual([expect.stringMatching(/^it_blueprint_/)]);
    // and the next call builds anew
    await withTestDb({ schema: {}, migrationsFolder, url }, ({ client }) => client`insert into t default values`);
  });

  it("drops a half-built blueprint whose builder is gone", async () => {
    await session.rows(
      `insert into with_test_db.blueprint (fingerprint, database_name, state) values ('half', $1::text, 'building')`,
      [`${OWN}_half`],
    );
    const mark = { what: "blueprint", target: OWN, fingerprint: "half", holder: blueprintLock("half") } as const;
    await cloneDatabase(session, `${OWN}_half`, "template0", mark);
    expect(await sweep(session, at)).toMatchObject({ databases: [`${OWN}_half`] });
  });
});
