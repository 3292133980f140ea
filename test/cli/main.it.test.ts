/** The command line of the built package, each command in a process of its own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { describeTarget, onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const program = fileURLToPath(new URL("../../dist/cli.mjs", import.meta.url));
/** What a terminal acts on, but for a line's end. */
const ACTED_ON = /[^\n\P{Cc}]|\u202e/u;
const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

describe.skipIf(!isIntegrationEnabled())("with-test-db", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_cli_${Date.now()}`);
  });
  afterAll(() => own.drop());

  interface Said {
    readonly out: string;
    readonly err: string;
    readonly code: unknown;
  }
  const say = (...args: string[]): Promise<Said> =>
    new Promise((resolve) => {
      execFile(process.execPath, [program, ...args], (error, out, err) =>
        resolve({ out, err, code: error?.code ?? 0 }),
      );
    });
  const json = async (...args: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await say(...args, "--url", own.url, "--json")).out);

  it("lists what is on the server, for people and as JSON", async () => {
    const unit = await withTestDb({ schema: {}, migrationsFolder, url: own.url, label: "cli" });
    const listed = await say("status", "--url", own.url);
    expect(listed).toMatchObject({ err: "", code: 0 });
    expect(listed.out).toMatch(
      new RegExp(
        `^${describeTarget(own.target)}, PostgreSQL \\d+\\.\\d+\nunits: \\d+ handed out or kept, \\d+ in the pool`,
      ),
    );
    expect(listed.out).toContain(`  ${unit.schemaName}  schema  `);
    expect(await json("status")).toMatchObject({
      server: { at: describeTarget(own.target) },
      units: expect.arrayContaining([
        expect.objectContaining({
          name: unit.schemaName,
          state: "leased",
          exists: true,
          since: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        }),
      ]),
      homes: expect.arrayContaining([
        expect.objectContaining({ name: unit.databaseName, isolation: "schema", reasons: [] }),
      ]),
    });
    await unit.dispose();
  });

  it("sweeps what nobody uses: says so, says what it would do, and does it", async () => {
    // what others have left on the server goes first
    await say("sweep", "--url", own.url);
    expect((await say("sweep", "--url", own.url)).out).toBe(`nothing to sweep in ${describeTarget(own.target)}\n`);
    const kept = await withTestDb({ schema: {}, migrationsFolder, url: own.url, keep: true });
    await kept.dispose();
    const home = await openSession(onDatabase(own.target, kept.databaseName));
    const schemas = async (): Promise<unknown> =>
      (await home.rows("select nspname from pg_namespace where nspname = $1::text", [`${kept.schemaName}`])).length;
    const planned = await json("sweep", "--all", "--dry-run");
    expect(planned).toMatchObject({ dryRun: true, units: expect.arrayContaining([kept.schemaName]), failures: [] });
    // of another database it takes what any sweep takes
    await say("sweep", "--all", "--url", targetUrl(onDatabase(own.target, "postgres")));
    expect(await schemas()).toBe(1);
    expect((await say("sweep", "--all", "--url", own.url)).out).toContain(`dropped the schema ${kept.schemaName}\n`);
    expect(await schemas()).toBe(0);
    await home.close();
  });

  it("shows escape codes in names, and has a terminal act on none", async () => {
    const name = "cli\u001b[2J\u009b31m\nunits: 99\u202e";
    const url = targetUrl(onDatabase(own.target, name));
    const missing = await say("status", "--url", url);
    expect(missing.err).toContain("u001b[2J");
    expect(missing.err).not.toMatch(ACTED_ON);
    await own.server.script(`create database ${ident(name)}`);
    try {
      const { out } = await say("status", "--url", url);
      expect(out).toContain("/cli\\u001b[2J\\u009b31m\\u000aunits: 99\\u202e, PostgreSQL ");
      expect(out).not.toMatch(ACTED_ON);
      const asJson = await say("status", "--url", url, "--json");
      expect(asJson.out).not.toMatch(ACTED_ON);
      expect(JSON.parse(asJson.out).server.at).toBe(describeTarget(onDatabase(own.target, name)));
    } finally {
      await own.server.script(`drop database ${ident(name)}`);
    }
  });

  it("fails with the error's own words, and 1", async () => {
    const { out, err, code } = await say("status", "--url", "postgres://me:hunter2@db.example.com/app");
    expect([out, code]).toEqual(["", 2]);
    const unset = await say("sweep", "--all", "--url", "");
    expect(unset).toMatchObject({ out: "", code: 2, err: expect.stringMatching(/^--url is empty\.\n/) });
    expect(err).toMatch(/^me@db\.example\.com:5432\/app was not touched\.\n.* {2}code: TARGET_REFUSED\n$/s);
  });
});
