/**
 * A process is killed (SIGKILL) while it builds a home, at any of the messages that it sends, or while it gives back a unit:
 * the next call has what the migrations make, and nothing is left. CUT_STEP=1 kills at every fifth message.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Session } from "../../src/connections/session.ts";
import { createEmptyDatabase } from "../../src/control/databases.ts";
import { readHome } from "../../src/home/record-home.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { homeName, recipeKeyOf } from "../../src/migrations/fingerprint.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { journalFolder } from "../support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";
import { start } from "./crash-processes.ts";

const OWN = `it_building_test_${Date.now().toString(36)}`;
const STEP = Number(process.env["CUT_STEP"] ?? 6);
/** A schema, a database because of what the migrations make, and one that was asked for. */
const KINDS = {
  schema: ["auto", ""],
  database: ["auto", "CREATE SCHEMA besides;"],
  "database that was asked for": ["database", ""],
} as const;

const folderOf = (what: string, more = ""): string =>
  journalFolder({
    "0000_t": `CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${what}');--> statement-breakpoint
      INSERT INTO "t" DEFAULT VALUES;--> statement-breakpoint ${more}`,
  });

describe.skipIf(!isIntegrationEnabled())("whoever builds a home and dies", () => {
  let own: OwnDatabase;
  let session: Session;
  beforeAll(async () => {
    own = await openOwnDatabase(OWN);
    ({ session } = own);
  });
  afterAll(() => own.drop());

  const others = (): Promise<unknown[]> =>
    session.rows(
      "select datname, pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and datname like 'it\\_%'",
    );
  /** The rows that a unit begins with, and how it is isolated. */
  async function tried(migrationsFolder: string, isolation: "auto" | "database"): Promise<unknown> {
    return withTestDb({ schema: {}, migrationsFolder, url: own.url, isolation }, async (unit) => {
      const rows = await unit.client`select id from t`;
      await unit.client`insert into t default values`;
      return { rows: [...rows], isolation: unit.isolation };
    });
  }

  it.each(Object.entries(KINDS))(
    "leaves nothing in the way, and nothing behind (%s)",
    { timeout: 600_000 },
    async (kind, [isolation, more]) => {
      const expected = { rows: [{ id: 1 }], isolation: kind === "schema" ? "schema" : "database" };
      const places = new Set<string>();
      let isWhole = false;
      for (let last = 1; !isWhole; last += 5 * STEP) {
        const folder = folderOf(`${kind} ${last}`, more);
        const program = start(["death-building.mjs", own.url, folder, isolation, String(last)]);
        const { signal, code, stderr } = await program.ended;
        if (signal !== "SIGKILL")
          expect({ last, code, stderr: code === 0 ? "" : stderr }).toMatchObject({ code: 0, stderr: "" });
        isWhole = code === 0;
        places.add(program.last());
        // at once: the server may not have noticed that the builder is gone
        if (last % 2 === 0 || isWhole)
          expect({ last, ...((await tried(folder, isolation)) as object) }).toEqual({ last, ...expected });
        await vi.waitFor(async () => expect(await others()).toEqual([]), SOON);
        if (last % 2 === 1)
          expect({ last, ...((await tried(folder, isolation)) as object) }).toEqual({ last, ...expected });
        await vi.waitFor(async () => expect(await others()).toEqual([]), SOON);
        // a sweep leaves what a session is in that takes a moment to go
        await vi.waitFor(async () => {
          expect((await sweep(session, { minAge: 0, freeAge: 0, homeAge: 0 })).failures).toEqual([]);
          expect(await readStatus(session)).toEqual({ units: [], homes: [] });
        }, SOON);
        const left = await session.rows(
          "select datname from pg_database where datname like 'it\\_%' and datname not like 'it\\_%\\_test\\_%'",
        );
        expect({ last, left }).toEqual({ last, left: [] });
      }
      expect(places.size).toBeGreaterThan(1);
    },
  );
});

const binaries = findBinaries(18);

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("a server that crashes while a home is made", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ major: 18 });
  });
  afterAll(() => server?.stop());

  it("is no failure where a sweep drops such a database before it is looked into", async () => {
    expect(await readHome({ ...server.target, database: "it_home_none" }, 1_000)).toBeUndefined();
  });

  /** What it may leave of the databases under the names of a home and its template. */
  const REMAINS: Readonly<Record<string, (name: string) => Promise<void>>> = {
    "made, and not marked": (name) => server.admin.script(`create database ${ident(name)} connection limit 1000000001`),
    "half dropped": async (name) => {
      await createEmptyDatabase(server.admin, name, { what: "home", home: name, folder: "", beside: "" });
      // as Postgres does it before it removes files
      await server.admin.script(`update pg_database set datconnlimit = -2 where datname = '${name}'`);
    },
  };

  it.each(Object.keys(REMAINS))("leaves a database that is %s, and the next call makes it anew", async (remains) => {
    const { target } = server;
    const url = `postgres://postgres:${target.password}@127.0.0.1:${server.port}/postgres`;
    for (const isolation of ["auto", "database"] as const) {
      const migrationsFolder = folderOf(`${remains} ${isolation}`);
      const name = homeName(recipeKeyOf(readMigrations(migrationsFolder)), target, isolation);
      for (const each of [name, name.replace("home", "template")]) await REMAINS[remains]?.(each);
      await withTestDb({ schema: {}, migrationsFolder, url, isolation }, async ({ client }) => {
        expect(await client`select id from t`).toEqual([{ id: 1 }]);
      });
    }
  });
});
