/**
 * Processes side by side, each with units in which it writes rows that bear its mark: nobody sees a row of a neighbour's,
 * and a unit that was used before has none but the migrations'. `CROWD=64x50` is 64 processes with 50 units each.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { readStatus } from "../../src/janitor/read-status.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { journalFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";

const [PROCESSES = 8, UNITS = 12] = (process.env["CROWD"] ?? "8x12").split("x").map(Number);
/** Units that a process uses at the same time. */
const WIDTH = 2;

const migrationsFolder = journalFolder({
  "0000_tables": `CREATE TYPE "public"."kind" AS ENUM('fresh', 'stale');--> statement-breakpoint
    CREATE DOMAIN public.mark AS text CHECK (value <> '');--> statement-breakpoint
    CREATE SEQUENCE public.ticket START 100;--> statement-breakpoint
    CREATE TABLE "notes" ("id" serial PRIMARY KEY, "mark" public.mark NOT NULL, "kind" "kind" NOT NULL DEFAULT 'fresh',
      "ticket" bigint NOT NULL DEFAULT nextval('public.ticket'));--> statement-breakpoint
    CREATE TABLE "entries" ("id" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "mark" text NOT NULL,
      "note" integer REFERENCES "public"."notes"("id"));--> statement-breakpoint
    CREATE TABLE "audit" ("id" bigserial PRIMARY KEY, "mark" text NOT NULL, "was" public.kind);--> statement-breakpoint
    CREATE TABLE "tags" ("id" serial PRIMARY KEY, "mark" text NOT NULL, "name" text NOT NULL UNIQUE);`,
  "0001_code": `CREATE FUNCTION public.audit_note() RETURNS trigger LANGUAGE plpgsql AS $$
      begin insert into public.audit (mark, was) values (new.mark, old.kind); return null; end $$;--> statement-breakpoint
    CREATE FUNCTION public.add_entry(of_mark text) RETURNS void LANGUAGE sql AS
      'insert into public.entries (mark, note) select of_mark, max(id) from public.notes where mark = of_mark';--> statement-breakpoint
    CREATE FUNCTION public.add_entry_dynamically(of_mark text) RETURNS void LANGUAGE plpgsql SET search_path TO public AS $$
      begin execute 'insert into entries (mark) values ($1)' using of_mark; end $$;--> statement-breakpoint
    CREATE FUNCTION count_notes_atomic() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT count(*)::integer FROM notes; END;--> statement-breakpoint
    CREATE VIEW "everything" AS SELECT mark::text FROM notes UNION ALL SELECT mark FROM entries
      UNION ALL SELECT mark FROM audit UNION ALL SELECT mark FROM tags;--> statement-breakpoint
    CREATE FUNCTION count_everything() RETURNS integer LANGUAGE plpgsql AS
      $$ begin return (select count(*) from public.everything); end $$;`,
  "0002_rows": `INSERT INTO notes (mark) VALUES ('seed'), ('seed');--> statement-breakpoint
    INSERT INTO tags (mark, name) VALUES ('seed', 'first');--> statement-breakpoint
    CREATE TRIGGER audited AFTER INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION audit_note();`,
});

interface Used {
  readonly name: string;
  readonly isolation: "schema" | "database";
  /** The number of one of its tables, or of the database: it stays when a unit is used again. */
  readonly number: number;
}

type Kind = "schemas" | "databases";

const run = (url: string, who: string, kind: Kind): Promise<Used[]> =>
  new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL("marked-rows.mjs", import.meta.url));
    const child = spawn(process.execPath, [program, url, migrationsFolder, who, String(UNITS), String(WIDTH), kind], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, TEST_DB_IT: "1" },
    });
    children.add(child);
    let [output, complaints] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (output += chunk));
    child.stderr.on("data", (chunk: Buffer) => (complaints += chunk));
    child.once("close", (code) => {
      children.delete(child);
      if (code === 0) resolve(JSON.parse(output) as Used[]);
      else reject(new Error(`process ${who} ended with ${code}\n${complaints}`));
    });
  });
const children = new Set<{ kill(signal: "SIGKILL"): boolean }>();

const binaries = findBinaries(18);
const missing = "missing" in binaries ? binaries.missing : undefined;
if (isIntegrationEnabled() && missing) process.stderr.write(`SKIPPED: marked rows: ${missing}\n`);

describe.skipIf(!isIntegrationEnabled() || missing)(`${PROCESSES} processes with ${UNITS} units each`, () => {
  let server: TestServer;
  beforeAll(async () => {
    // a process has its own session, two of its background work, and three connections for each unit
    const connections = String(PROCESSES * (3 + 3 * WIDTH) + 20);
    server = await startServer({ major: 18, settings: { max_connections: connections, shared_buffers: "256MB" } });
  });
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await server?.stop();
  });

  it.each([
    ["schemas", "schema"],
    ["databases", "database"],
  ] as const)(
    "see no row of a neighbour's (%s)",
    { timeout: 60_000 + PROCESSES * UNITS * 2_000 },
    async (kind, isolation) => {
      const url = targetUrl(server.target);
      const all = (
        await Promise.all(Array.from({ length: PROCESSES }, (_, index) => run(url, `p${index}`, kind)))
      ).flat();
      expect(all).toHaveLength(PROCESSES * UNITS);
      expect(new Set(all.map(({ name }) => name)).size).toBe(PROCESSES * UNITS);

      const numbers = all.filter((unit) => unit.isolation === isolation).map(({ number }) => number);
      const used = numbers.length - new Set(numbers).size;
      process.stderr.write(`${all.length} units, ${used} of the ${kind} used before\n`);
      expect(used).toBeGreaterThan(0);

      // and none of them is left but what waits in the pool
      const names = all.map(({ name }) => name);
      await expect
        .poll(async () => (await readStatus(server.admin)).units.filter(({ state }) => state !== "free"), SOON)
        .toEqual([]);
      const databases = (await readStatus(server.admin)).units.filter((unit) => unit.isolation === "database");
      // each process that proves one at the time may find room for it
      expect(databases.length).toBeLessThanOrEqual(8 + PROCESSES);
      const { failures } = await sweep(server.admin, { minAge: 0, freeAge: 0 });
      expect(failures).toEqual([]);
      expect((await readStatus(server.admin)).units).toEqual([]);
      const left = await server.admin.rows<{ name: string }>("select datname as name from pg_database");
      expect(
        left.map(({ name }) => name).filter((name) => /^it_(?!home|template)/.test(name) || names.includes(name)),
      ).toEqual([]);
    },
  );
});
