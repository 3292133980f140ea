import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { sweep } from "../../src/janitor/sweep.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { ident, literal } from "../../src/sql/identifiers.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { journalFolder } from "../support/migrations.ts";
import { pgbouncerMissing, startPgbouncer } from "../support/pgbouncer.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";

/** What no escaping changes; each password has one. */
const CORE = "Zq9Kx7Core";
const PASSWORD = `${CORE}'"\\ $$ %41 ü:/?#[]@${CORE}`;

interface OpenUnit {
  readonly schemaName: string;
  readonly databaseName: string;
}

/** Where a secret could be said. */
class Ears {
  readonly heard = new Set<string>();
  readonly #stop: (() => void)[] = [];

  listen(server: TestServer): void {
    for (const stream of [process.stderr, process.stdout]) {
      const spy = vi.spyOn(stream, "write").mockImplementation((chunk) => {
        this.heard.add(String(chunk));
        return true;
      });
      this.#stop.push(() => spy.mockRestore());
    }
    const onEvent = (event: unknown): void => void this.heard.add(inspect(event, { depth: null }));
    subscribe("with-test-db", onEvent);
    this.#stop.push(() => unsubscribe("with-test-db", onEvent));
    const onWarning = (warning: Error): void => void this.heard.add(inspect(warning, { depth: null }));
    process.on("warning", onWarning);
    this.#stop.push(() => process.off("warning", onWarning));
    const timer = setInterval(() => {
      for (const line of commandLines()) this.heard.add(line);
      void server.admin
        .rows<{ all: string }>("select a::text as all from pg_stat_activity a")
        .then((rows) => rows.forEach(({ all }) => void this.heard.add(all)))
        .catch(() => {});
    }, 10);
    this.#stop.push(() => clearInterval(timer));
  }

  stop(): void {
    for (const stop of this.#stop.splice(0)) stop();
  }
}

/** The command line and the environment of every process of this machine that may be seen. */
function commandLines(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return [line, Number(pid) === process.pid ? "" : readFileSync(`/proc/${pid}/environ`, "utf8")];
      } catch {
        return [];
      }
    });
}

/** All that an error can be made to say. */
function wordsOf(thrown: unknown): string {
  const said = [String(thrown), inspect(thrown, { depth: null, showHidden: true, getters: true })];
  for (let error = thrown; error instanceof Error; error = error.cause) {
    said.push(error.message, error.stack ?? "", JSON.stringify(error), JSON.stringify({ ...error }));
  }
  return said.join("\n");
}

/** Every text in a value's enumerable properties, and in theirs. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === "string") return [value];
  if (value === null || !["object", "function"].includes(typeof value) || seen.has(value)) return [];
  seen.add(value);
  if (Buffer.isBuffer(value)) return [value.toString("latin1")];
  return Object.values(value as object).flatMap((each) => textsIn(each, seen));
}

const binaries = findBinaries("debian");

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("a password", () => {
  let server: TestServer;
  let target: Target;
  const ears = new Ears();
  const good = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });
  beforeAll(async () => {
    server = await startServer({
      major: "debian",
      hba: ["hostssl all tls_only all scram-sha-256", "host all tls_only all reject"],
    });
    await server.admin.script(`create role app login createdb password ${literal(PASSWORD)}`);
    await server.admin.script(`create role tls_only login password ${literal(PASSWORD)}`);
    await server.admin.script("create database app owner app");
    target = { ...server.target, user: "app", password: PASSWORD, database: "app" };
    ears.listen(server);
  });
  afterAll(async () => {
    ears.stop();
    await server?.stop();
  });

  /** What the call throws; undefined where it succeeds. */
  const thrownBy = async (options: object, use: (unit: never) => unknown = () => {}): Promise<unknown> => {
    const call = { schema: {}, migrationsFolder: good, url: targetUrl(target), ...options };
    const thrown: unknown[] = [];
    for (const open of [withTestDb, withNodePostgres]) {
      await (open as (options: object, use: unknown) => Promise<unknown>)(call, use).catch((error: unknown) =>
        thrown.push(error),
      );
    }
    for (const one of thrown) ears.heard.add(wordsOf(one));
    return thrown.length === 0 ? undefined : thrown;
  };
  const url = (change: Partial<Target>): string => targetUrl({ ...target, ...change });

  it("goes with no unit that works", async () => {
    expect(await thrownBy({}, async (unit: { reset(): Promise<void> }) => unit.reset())).toBeUndefined();
    expect(await thrownBy({ isolation: "database" })).toBeUndefined();
    expect(await thrownBy({ keep: true })).toBeUndefined();
    expect(await thrownBy({ label: "kept", reuse: false, keep: true })).toBeUndefined();
  });

  it("is in nothing that shows a unit, its database or its client, but in its url", async () => {
    for (const open of [withTestDb, withNodePostgres as unknown as typeof withTestDb]) {
      const unit = await open({ schema: {}, migrationsFolder: good, url: targetUrl(target) });
      // by then the password was sent, and a query has failed
      await unit.db.execute(sql`select 1`);
      ears.heard.add(wordsOf(await unit.db.execute(sql`nonsense`).catch((error: unknown) => structuredClone(error))));
      for (const shown of [unit, { ...unit }, unit.db, unit.client]) {
        ears.heard.add(inspect(shown, { depth: null, maxArrayLength: null, maxStringLength: null }));
        ears.heard.add(textsIn(shown).join("\n"));
      }
      expect(textsIn(unit)).toContain(unit.schemaName);
      expect(decodeURIComponent(new URL(unit.url).password)).toBe(PASSWORD);
      await unit.dispose();
    }
  });

  const failing = (text: string) => ({ migrationsFolder: journalFolder({ "0000_x": text }) });
  const step = (run: () => Promise<unknown>) => ({ key: "fails", run });
  it.each<[what: string, code: string, options: () => object, use?: (unit: never) => unknown]>([
    ["a wrong password", "SERVER_AUTH_FAILED", () => ({ url: url({ password: `wrong${CORE}` }) })],
    ["no such user", "SERVER_AUTH_FAILED", () => ({ url: url({ user: "nobody at all" }) })],
    ["no such database", "TARGET_INVALID", () => ({ url: url({ database: "nowhere" }) })],
    ["nobody who listens", "SERVER_UNREACHABLE", () => ({ url: url({ port: 1 }) })],
    ["a login that takes encryption", "SERVER_AUTH_FAILED", () => ({ url: url({ user: "tls_only", tls: "disable" }) })],
    ["encryption that is not there", "SERVER_UNREACHABLE", () => ({ url: url({ tls: "require" }) })],
    [
      "certificates that are not there",
      "TARGET_INVALID",
      () => ({ url: url({ tls: "verify-full", tlsRootCert: "/nowhere" }) }),
    ],
    ["a host that is refused", "TARGET_REFUSED", () => ({ url: url({ host: "db.example.com" }) })],
    ["a database that says production", "TARGET_REFUSED", () => ({ url: url({ database: "app_prod" }) })],
    ["a URL of another kind", "TARGET_INVALID", () => ({ url: url({}).replace("postgres:", "mysql:") })],
    ["a URL in pieces", "TARGET_INVALID", () => ({ url: `postgres://app:${PASSWORD}@127.0.0.1/app` })],
    ["a parameter that nobody knows", "TARGET_INVALID", () => ({ url: `${url({})}?nonsense=1` })],
    ["a URL that is no text", "OPTION_INVALID", () => ({ url: { password: PASSWORD } })],
    ["client options that are no object", "OPTION_INVALID", () => ({ client: PASSWORD })],
    ["a migration that fails", "MIGRATION_FAILED", () => failing("CREATE TABL x")],
    ["an extension that is not there", "MIGRATION_FAILED", () => failing('CREATE EXTENSION "no such thing"')],
    [
      "a prepare step that fails",
      "PREPARE_FAILED",
      () => ({ prepare: step(() => Promise.reject(new Error("it failed"))) }),
    ],
    [
      "a seed whose query fails",
      "SEED_FAILED",
      () => ({
        seed: { key: "q", run: ({ db }: { db: { execute(q: unknown): unknown } }) => db.execute(sql`nonsense`) },
      }),
    ],
    [
      "a schema that is refused",
      "ISOLATION_REFUSED",
      () => ({ isolation: "schema", ...failing("CREATE SCHEMA other") }),
    ],
    [
      "a unit that somebody dropped",
      "UNIT_GONE",
      () => ({}),
      async ({ schemaName, databaseName }: OpenUnit) => {
        const other = await openSession(onDatabase(target, databaseName));
        await other.script(`drop schema ${ident(schemaName)} cascade`);
        await other.close();
      },
    ],
    [
      "a unit that cannot be reset",
      "RESET_FAILED",
      () => ({ client: { max: 2 } }),
      async ({ schemaName, databaseName, reset }: OpenUnit & { reset(): Promise<void> }) => {
        const other = await openSession(onDatabase(target, databaseName));
        await other.script(`begin; lock table ${ident(schemaName)}.t`);
        try {
          await reset();
        } finally {
          await other.close();
        }
      },
    ],
    [
      "a query that fails",
      "42601",
      () => ({}),
      ({ db }: { db: { execute(q: unknown): unknown } }) => db.execute(sql`nonsense`),
    ],
  ])("is not said by %s", async (_, code, options, use) => {
    const [one, other] = ((await thrownBy(options(), use)) ?? []) as readonly {
      code?: string;
      cause?: { code?: string };
    }[];
    for (const thrown of [one, other]) expect([thrown?.code, thrown?.cause?.code]).toContain(code);
  });

  it("is not said by a user who may not make databases, nor by one who may do nothing", async () => {
    await server.admin.script("alter role app nocreatedb");
    try {
      expect(await thrownBy({ isolation: "database" })).toBeDefined();
      expect(await thrownBy(failing("CREATE TABLE in_place (id integer)"))).toBeDefined();
      expect(await thrownBy({ url: url({ database: "postgres" }) })).toBeDefined();
    } finally {
      await server.admin.script("alter role app createdb");
    }
  });

  it("is not said by pg_dump, whatever goes wrong", async () => {
    for (const change of [{ password: `wrong${CORE}` }, { database: "nowhere" }, { port: 1 }, { user: "no'bo\\dy" }]) {
      const error = await dumpSchema({ ...target, ...change }, "public").catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "SNAPSHOT_FAILED" });
      ears.heard.add(wordsOf(error));
    }
  });

  it.skipIf(pgbouncerMissing)("is not said by a pooler in between", async () => {
    for (const poolMode of ["session", "transaction", "statement"] as const) {
      const pooler = await startPgbouncer(target, { poolMode });
      try {
        expect(await thrownBy({ url: targetUrl(pooler.target) })).toBeDefined();
        expect(await thrownBy({ url: url({ port: pooler.target.port, password: `w${CORE}` }) })).toBeDefined();
        ears.heard.add(pooler.log());
      } finally {
        await pooler.stop();
      }
    }
  });

  it("is not said by a server that goes away", async () => {
    const gone = await withTestDb({ migrationsFolder: good, url: targetUrl(target) });
    const session = await openSession(target);
    await sweep(session, { minAge: 0, freeAge: 0, homeAge: 0 });
    await server.shutDown();
    for (const call of [
      () => gone.db.execute(sql`select 1`),
      () => gone.reset(),
      () => gone.rollback(async () => {}),
      () => gone.dispose(),
      () => sweep(session),
      () => session.close(),
    ]) {
      await call().then(undefined, (error: unknown) => ears.heard.add(wordsOf(error)));
    }
    expect(await thrownBy({})).toBeDefined();
  });

  it("was in nothing that anybody could hear, see or read", () => {
    const log = server.log();
    expect(log).toContain("password authentication failed");
    expect(ears.heard.size).toBeGreaterThan(500);
    expect([...ears.heard].filter((text) => text.includes("UNIT_GONE")).length).toBeGreaterThan(0);
    const heard = [...ears.heard, log].filter((text) => text.includes(CORE));
    expect(heard.map((text) => text.slice(Math.max(0, text.indexOf(CORE) - 500), text.indexOf(CORE) + 100))).toEqual(
      [],
    );
  });
});
