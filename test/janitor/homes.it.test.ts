/** Which homes stay, and what goes with a home. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { homeLock, tryLock } from "../../src/connections/advisory-lock.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { createEmptyDatabase, type Mark } from "../../src/control/databases.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import type { SweepOptions } from "../../src/janitor/sweeping.ts";
import { databaseKey } from "../../src/migrations/fingerprint.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { openHome, settled } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

const binaries = findBinaries(18);
if ("missing" in binaries)
  process.stderr.write(`SKIPPED: how homes go needs a server of its own, and ${binaries.missing}\n`);

const DAY = 24 * 3600;

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("homes", () => {
  let server: TestServer;
  let target: Target;
  let session: Session;
  let url: string;
  beforeAll(async () => {
    server = await startServer({ major: 18 });
    target = server.target;
    url = targetUrl(target);
    session = await openSession(target);
  });
  afterAll(async () => {
    await session?.close();
    await server?.stop();
  });
  afterEach(async () => {
    await nobodyIn();
    await sweep(session, { minAge: 0, freeAge: 0, homeAge: 0, secondLookAfter: 0 });
    expect(await databases()).toEqual([]);
  });

  const names = async (where: string): Promise<string[]> =>
    (await session.rows<{ name: string }>(`select datname as name from pg_database where ${where} order by 1`)).map(
      ({ name }) => name,
    );
  const databases = (): Promise<string[]> => names("datname like 'it\\_%'");
  /** The server notices the end of a session a moment later. */
  const nobodyIn = (): Promise<void> =>
    expect
      .poll(
        () => session.rows("select from pg_stat_activity where datname like 'it\\_%' and usesysid is not null"),
        SOON,
      )
      .toEqual([]);
  const swept = async (options: SweepOptions): Promise<readonly string[]> => {
    await nobodyIn();
    const { databases, failures } = await sweep(session, { secondLookAfter: 0, freeAge: DAY, ...options });
    expect(failures).toEqual([]);
    return [...databases].sort();
  };

  const options = (migrationsFolder: string) => ({ schema: {}, migrationsFolder, url });
  /** Another state of a migrations folder, as on another branch; and its home, used so many seconds ago. */
  async function homeOf(
    folder: string,
    state: string,
    unused: number,
    isolation: "schema" | "database" = "schema",
  ): Promise<string> {
    writeFileSync(join(folder, "0000_t.sql"), `CREATE TABLE "t" ("id" serial, "state" text DEFAULT '${state}')`);
    const unit = await withTestDb({ ...options(folder), isolation });
    const home = await openHome(session, unit);
    await unit.dispose();
    await settled(home);
    await home.close();
    await age(home.target.database, unused);
    return home.target.database;
  }

  /** Made and used so many seconds ago. */
  async function age(name: string, seconds: number): Promise<void> {
    const home = await openSession(onDatabase(target, name));
    await home.rows("update with_test_db.home set used_at = now() - make_interval(secs => $1::float8)", [seconds]);
    await home.close();
    await makeOlder(name, seconds);
  }
  const makeOlder = (name: string, seconds: number): Promise<void> =>
    session.script(`do $$ begin execute (select format('comment on database %I is %L', datname,
        regexp_replace(shobj_description(oid, 'pg_database'), '"madeAt":[0-9]+', '"madeAt":' || (extract(epoch from now()) - ${seconds})::bigint))
      from pg_database where datname = '${name}'); end $$`);

  it("of one migrations folder the last four stay, by their use", { timeout: 120_000 }, async () => {
    const [folder, other] = [journalFolder({ "0000_t": "" }), journalFolder({ "0000_t": "" })];
    const elsewhere = await homeOf(other, "of another folder", 9_000);
    const homes: string[] = [];
    for (let state = 0; state < 6; state++) homes.push(await homeOf(folder, `${state}`, 0));
    // not before: a new home begins with a sweep
    for (const [state, unused] of [300, 900, 100, 700, 500, 800].entries()) await age(homes[state] ?? "", unused);
    // the youngest of those that go was used a moment ago
    expect(await swept({ minAge: 1_000 })).toEqual([]);
    const gone = [homes[1], homes[5]].sort();
    expect(await swept({ minAge: 60, dryRun: true })).toEqual(gone);
    expect(await swept({ minAge: 60 })).toEqual(gone);
    expect(await databases()).toEqual([elsewhere, ...homes.filter((name) => !gone.includes(name))].sort());
    expect(await swept({ minAge: 60 })).toEqual([]);
  });

  it("what is in use counts, and never goes", { timeout: 120_000 }, async () => {
    const folder = journalFolder({ "0000_t": "" });
    const oldest = await homeOf(folder, "in use", 9 * DAY);
    const unit = await withTestDb({ ...options(folder), client: { idle_timeout: 1 } });
    const kept = await withTestDb({ ...options(folder), isolation: "database", keep: true });
    await kept.dispose();
    const inside = await openHome(session, kept);
    await inside.close();
    const homeOfKept = inside.target.database;
    const homes: string[] = [];
    for (let state = 0; state < 2; state++) homes.push(await homeOf(folder, `${state}`, 100 * (state + 1)));
    for (const name of [oldest, homeOfKept]) await age(name, 9 * DAY);
    expect(await sweep(session, { freeAge: DAY })).toMatchObject({ databases: [], units: [], failures: [] });
    expect(await databases()).toEqual(expect.arrayContaining([oldest, homeOfKept, kept.databaseName, ...homes]));
    await unit.client`insert into t default values`;
    await unit.dispose();
    await age(oldest, 9 * DAY);
    expect(await swept({ minAge: 60 })).toEqual([oldest]);
  });

  it("of one database can go without those of another", { timeout: 60_000 }, async () => {
    const folder = journalFolder({ "0000_t": "" });
    const own = await homeOf(folder, "own", 10);
    const other = await withTestDb({
      ...options(folder),
      url: targetUrl(onDatabase(target, "template1")),
      keep: true,
    });
    await other.dispose();
    const beside = databaseKey({ database: "template1" });
    expect(await swept({ freeAge: 0, homeAge: 0, beside: databaseKey(target), minAge: 0 })).toEqual([own]);
    expect(await databases()).toEqual([other.databaseName]);
    expect(await swept({ freeAge: 0, homeAge: 0, beside, minAge: 0 })).toEqual([other.databaseName]);
  });

  it("what nobody used for a week goes, with its template and its free units", { timeout: 60_000 }, async () => {
    const [one, other] = [journalFolder({ "0000_t": "" }), journalFolder({ "0000_t": "" })];
    const used = await homeOf(one, "used", 6 * DAY);
    const unused = await homeOf(other, "unused", 8 * DAY, "database");
    const template = unused.replace("home", "template");
    const units = (await databases()).filter((name) => ![used, unused, template].includes(name));
    expect(units.length).toBeGreaterThan(0);
    expect(await swept({})).toEqual([unused, template, ...units].sort());
    expect(await databases()).toEqual([used]);
    // and the next call builds it anew
    await withTestDb(
      { ...options(other), isolation: "database" },
      ({ client }) => client`insert into t default values`,
    );
  });

  it("what a builder left goes, and what has lost its home, where it is old and nobody is in it", async () => {
    const marks: Readonly<Record<string, Mark["what"]>> = {
      [`it_home_${"0".repeat(24)}`]: "building",
      // which is renamed before its home has a record
      [`it_template_${"0".repeat(24)}`]: "template",
      [`it_template_${"1".repeat(24)}`]: "template",
      it_lost: "unit",
    };
    const all = Object.keys(marks).sort();
    for (const [name, what] of Object.entries(marks)) {
      await createEmptyDatabase(session, name, {
        what,
        home: name.endsWith("0") ? `it_home_${"0".repeat(24)}` : `it_home_${"2".repeat(24)}`,
        folder: "f",
        beside: "",
      });
    }
    expect(await swept({ minAge: 60 })).toEqual([]);
    for (const name of all) await makeOlder(name, 61);
    const inside = await openSession(onDatabase(target, "it_lost"));
    expect((await sweep(session, { secondLookAfter: 0 })).databases.toSorted()).toEqual(
      all.filter((name) => name !== "it_lost"),
    );
    await inside.close();
    expect(await swept({})).toEqual(["it_lost"]);
  });

  it("what was made, and not marked before its maker died, goes by its age, and not while its home is built", async () => {
    const name = `it_template_${"6".repeat(24)}`;
    const home = name.replace("template", "home");
    const mark: Mark = { what: "template", home, folder: "f", beside: "" };
    const dying: Session = {
      ...session,
      script: (text) => (text.startsWith("create") ? session.script(text) : Promise.reject(new Error("it died"))),
    };
    await expect(createEmptyDatabase(dying, name, mark)).rejects.toThrow("it died");
    expect(await swept({})).toEqual([]);
    const builder = await openSession(target);
    await tryLock(builder, homeLock(home), async () => expect(await swept({ minAge: 0 })).toEqual([]));
    await builder.close();
    expect(await swept({ minAge: 0 })).toEqual([name]);

    await session.script(`create database ${home} connection limit 1000000001`);
    expect(await swept({ minAge: 60 })).toEqual([home]);
    // as a drop leaves it that the server did not live to end
    await session.script(`create database ${home}`);
    await session.script(`update pg_database set datconnlimit = -2 where datname = '${home}'`);
    expect(await swept({})).toEqual([home]);
  });

  it("what bears no mark of ours stays, whatever its name", async () => {
    await session.script("create role it_somebody");
    const [copied, unmarked, theirs] = [
      `it_home_${"3".repeat(24)}`,
      `it_home_${"4".repeat(24)}`,
      `it_home_${"5".repeat(24)}`,
    ];
    try {
      for (const name of [copied, unmarked, theirs]) await session.script(`create database ${name}`);
      await session.script(`alter database ${unmarked} connection limit 1000000000`);
      const mark = (oid: string, home: string) =>
        `with-test-db {"what":"building","home":"${home}","folder":"f","oid":${oid},"madeAt":1}`;
      const oidOf = (name: string) =>
        session.rows<{ oid: string }>("select oid::text from pg_database where datname = $1::text", [name]);
      const [own] = await oidOf(theirs);
      await session.script(`comment on database ${copied} is '${mark("1", copied)}'`);
      await session.script(
        `comment on database ${theirs} is '${mark(own?.oid ?? "", theirs)}'; alter database ${theirs} owner to it_somebody`,
      );
      expect(await swept({ minAge: 0, freeAge: 0, homeAge: 0 })).toEqual([]);
      expect(await databases()).toEqual([copied, unmarked, theirs]);
    } finally {
      for (const name of [copied, unmarked, theirs]) await session.script(`drop database ${name}`);
      await session.script("drop role it_somebody");
    }
  });
});
