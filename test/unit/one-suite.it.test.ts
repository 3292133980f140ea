/** A process that has one suite, and ends right after it: what it needs of the server, and what it leaves there. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { openRelay, type Relay } from "../support/relay.ts";

const OWN = `it_one_suite_${Date.now().toString(36)}`;
const migrationsFolder = journalFolder({
  "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${OWN}');--> statement-breakpoint
    INSERT INTO "t" DEFAULT VALUES;`,
});

const PROGRAM = `
import { withTestDb } from "with-test-db";
const [migrationsFolder, statement, end] = process.argv.slice(1);
const { client, schemaName, dispose } = await withTestDb({ schema: {}, migrationsFolder, client: { max: 1 } });
await client.unsafe(statement);
await dispose();
process.stdout.write(schemaName, () => end === "at once" && process.exit(0));`;

describe.skipIf(!isIntegrationEnabled())("a process with one suite", () => {
  let own: OwnDatabase;
  let session: Session;
  let relay: Relay;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    const name = await withTestDb({ schema: {}, migrationsFolder, url: own.url }, (unit) => unit.databaseName);
    session = await openSession(onDatabase(own.target, name));
    await session.script(`create role ${OWN}; grant ${OWN} to current_user`);
  });
  afterAll(async () => {
    await session?.script(`drop role ${OWN}`);
    await session?.close();
    await own?.drop();
  });

  /** The schemas that wait for their next user, by what stays the same; nothing else may be there. */
  const pool = (): Promise<string[]> =>
    vi.waitFor(
      async () => {
        const units = await session.rows<{ state: string; place: string }>(
          "select u.state, n.oid::text as place from with_test_db.unit u join pg_namespace n on n.nspname = u.name order by 2",
        );
        expect(units.filter(({ state }) => state !== "free")).toEqual([]);
        return units.map(({ place }) => place);
      },
      { timeout: 10_000 },
    );

  // no sweep is due, and there is a unit to take
  beforeEach(async () => {
    await session.script("update with_test_db.home set swept_at = now()");
    expect(await pool()).not.toEqual([]);
    relay = await openRelay(own.target);
  });
  afterEach(() => relay?.close());

  /** Runs such a process, which ends at once, or when nothing is left to do in it. */
  async function suite(statement: string, end: "at once" | "by itself"): Promise<void> {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM, migrationsFolder, statement, end], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, TEST_DB_IT: "1", TEST_DB_URL: relay.url },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/^it_\w+$/) });
  }

  it.each(
    Object.entries({
      "that writes": "insert into t default values",
      "that makes a table": "create table more (id integer)",
      "that leaves things in its session": `create temp table left_over (id integer); set role ${OWN}; set default_transaction_read_only to on; listen channel; select pg_advisory_lock(1)`,
    }),
  )("%s needs one connection, and its unit is proven though it ends at once", async (what, statement) => {
    const before = await pool();
    await suite(statement, "at once");
    expect(relay.passages).toHaveLength(1);
    // another one is made ahead of need
    const after = await pool();
    expect(after.length).toBeGreaterThan(0);
    if (what === "that makes a table") expect(after).not.toEqual(before);
    else expect(after).toEqual(before);
    await withTestDb({ schema: {}, migrationsFolder, url: own.url }, async ({ client }) => {
      expect(await client`select id from t`).toEqual([{ id: 1 }]);
      expect(await client`select to_regclass('more') as more`).toEqual([{ more: null }]);
    });
  });

  it("takes a session of ours where its own is in a transaction that nobody ended", async () => {
    const before = await pool();
    await suite("begin; insert into t default values", "by itself");
    expect(relay.passages).toHaveLength(2);
    expect(await pool()).toEqual(before);
  });

  it("sweeps where nobody has for a while", async () => {
    await session.script("update with_test_db.home set swept_at = '-infinity'");
    await suite("select 1", "by itself");
    expect(await session.rows("select swept_at > now() - interval '1 minute' as swept from with_test_db.home")).toEqual(
      [{ swept: true }],
    );
  });
});
