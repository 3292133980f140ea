/**
 * The ground on which the forms in drizzle/ are tried. Each test file has a target database of its own, in whose `public`
 * a decoy lies for every name that the form's migrations make: whoever looks there finds other columns, other values, or
 * a function that raises. What the migrations really make is known from Drizzle's own `migrate()` in a fresh database,
 * and read with SQL of this file; nothing here uses what the library compares or dumps with.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import type postgres from "postgres";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { OUR_DATABASES } from "../../src/control/databases.ts";
import { type TestDb, type WithTestDbOptions, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { CONTENTS, FACTS, POISON } from "./awkward-sql.ts";
import { testTarget } from "./target.ts";

type Schema = Record<string, unknown>;

/** How a form is tried. */
export interface Trial extends Pick<WithTestDbOptions<Schema>, "prepare" | "seed"> {
  readonly isolation: "schema" | "database";
  /** More that lies in the target's `public` before the units are made. */
  readonly decoy?: string;
  /** Lies there instead of a decoy for each name; what is in `public` may then be used by units. */
  readonly instead?: string;
  /** How the reference is made, where `migrate()` refuses the history. */
  readonly replay?: "migration by migration" | "statement by statement";
  /** Where rows or bodies are not the same in any two replays of the history: random values, the time. */
  readonly differsEachTime?: RegExp;
}

/** Two units of one form, side by side. */
export interface Pair {
  readonly a: TestDb<Schema>;
  readonly b: TestDb<Schema>;
  /** The target database, in which the decoy lies. */
  readonly outside: Session;
  /** What was said on stderr meanwhile. */
  readonly said: readonly string[];
}

export interface Ground {
  readonly session: Session;
  readonly url: string;
  /**
   * Makes two units of `drizzle/<form>` at once, compares both with what `migrate()` makes, and hands them to `check`,
   * which may change the first as it likes. The second, the decoy and the rest of the database have to be as before.
   */
  of(form: string, trial: Trial, check?: (pair: Pair) => Promise<unknown>): Promise<void>;
  /** A throwaway database on the same server. */
  inFreshDatabase<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

export const formFolder = (form: string): string =>
  join(dirname(fileURLToPath(import.meta.url)), "..", "..", "drizzle", form);

/**
 * A ground for one test file, there from its first test to its last.
 *
 * @param name - of the file; two files must not share one
 * @param roles - that the file's migrations or tests make, to be dropped at the end
 */
export function useGround(name: string, roles: readonly string[] = []): () => Ground {
  let server: Session;
  let ground: Ground;
  const database = `it_awkward_${name}`;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await clear(server, database, roles);
    await server.script(`create database ${database} template template0`);
    ground = await groundOn(server, onDatabase(server.target, database));
  });
  afterAll(async () => {
    await ground?.session.close();
    await clear(server, database, roles);
    await server.close();
  });
  return () => ground;
}

/** Also takes away what a run that was killed left. */
async function clear(server: Session, database: string, roles: readonly string[]): Promise<void> {
  const ours = await server.rows<{ name: string }>(
    `select name from (${OUR_DATABASES}) as ours
     union select datname from pg_database where datname in ($1::text, $1::text || '_reference')`,
    [database],
  );
  // a role can't be dropped while a home has something of it
  for (const { name } of ours) await server.script(`drop database if exists ${name} with (force)`);
  for (const role of roles) await server.script(`drop role if exists ${role}`);
}

async function groundOn(server: Session, target: Target): Promise<Ground> {
  const session = await openSession(target);
  const url = targetUrl(target);
  const inFreshDatabase = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const name = `${target.database}_reference`;
    await server.script(`drop database if exists ${name} with (force)`);
    await server.script(`create database ${name} template template0`);
    const fresh = await openSession(onDatabase(target, name), { search_path: '"$user", public', row_security: "on" });
    try {
      return await work(fresh);
    } finally {
      await fresh.close();
      await server.script(`drop database ${name} with (force)`);
    }
  };

  const of: Ground["of"] = async (form, trial, check) => {
    const { isolation, prepare, seed } = trial;
    const scope = isolation === "schema" ? "public" : null;
    await session.script(
      `drop schema if exists public cascade; create schema public; grant usage on schema public to public`,
    );
    const wanted = await inFreshDatabase(async (fresh) => {
      await replay(fresh, form, trial);
      const poison = (await fresh.rows<{ sql: string }>(POISON)).map(({ sql }) => sql).join("\n");
      await session.script(`set search_path to public; ${trial.instead ?? poison}; set search_path to pg_catalog`);
      return readFacts(fresh.client, scope);
    });
    if (trial.decoy) await session.script(`set search_path to public; ${trial.decoy}; set search_path to pg_catalog`);
    const before = await readFacts(session.client, null);

    const { said, ended } = listen();
    const options = {
      schema: {},
      migrationsFolder: formFolder(form),
      url,
      ...(prepare && { prepare }),
      ...(seed && { seed }),
    };
    const units = await Promise.allSettled([withTestDb(options), withTestDb(options)]).finally(ended);
    const made: TestDb<Schema>[] = units.flatMap((unit) => (unit.status === "fulfilled" ? [unit.value] : []));
    try {
      for (const unit of units) if (unit.status === "rejected") throw unit.reason;
      const [a, b] = made as [TestDb<Schema>, TestDb<Schema>];
      expect({ isolation: a.isolation, said: isolation === "schema" ? said.filter(isObstacle) : [] }).toEqual({
        isolation,
        said: [],
      });
      const facts = (unit: TestDb<Schema>): Promise<string[]> => readFacts(unit.client, unit.schemaName ?? scope);
      const same = (facts: string[]): string[] =>
        facts.map((line) => (trial.differsEachTime ? line.replace(trial.differsEachTime, "…") : line));
      for (const unit of [a, b]) expect(same(await facts(unit))).toEqual(same(wanted));
      const exactly = await facts(b);
      await check?.({ a, b, outside: session, said });

      expect(await readFacts(session.client, null)).toEqual(before);
      // whatever in a unit leaned on the decoy would go with it
      if (trial.instead === undefined) await session.script("drop schema public cascade");
      expect(await facts(b)).toEqual(exactly);
    } finally {
      await Promise.all(made.map((unit) => unit.dispose()));
    }
    const left = made.map(({ schemaName, databaseName }) => schemaName ?? databaseName);
    const there = await session.rows<{ name: string }>(
      "select nspname as name from pg_namespace union select datname from pg_database",
    );
    expect(there.map(({ name }) => name).filter((name) => left.includes(name))).toEqual([]);
  };
  return { session, url, of, inFreshDatabase };
}

const isObstacle = (line: string): boolean => line.includes("instead of a schema");

/** What a busy machine says besides, where a home takes its time. */
export const isOfBusyMachine = (line: string): boolean => line.startsWith("with-test-db: building the home of ");

/** What is written to stderr until `ended`. */
export function listen(): { said: string[]; ended: () => void } {
  const said: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    if (!isOfBusyMachine(String(text))) said.push(String(text));
    return true;
  });
  return { said, ended: () => spy.mockRestore() };
}

/** The history as Drizzle's migrator runs it, or in the transactions in which it was made. */
async function replay(fresh: Session, form: string, { prepare, seed, replay: how }: Trial): Promise<void> {
  const db = drizzle({ client: fresh.client });
  if (Array.isArray(prepare)) for (const file of prepare) await fresh.script(readFileSync(file, "utf8"));
  const folder = formFolder(form);
  if (how === undefined) await migrate(db, { migrationsFolder: folder });
  else {
    const journal = JSON.parse(readFileSync(join(folder, "meta", "_journal.json"), "utf8")) as {
      entries: { tag: string }[];
    };
    for (const { tag } of journal.entries) {
      const text = readFileSync(join(folder, `${tag}.sql`), "utf8");
      if (how === "migration by migration") await fresh.script(`begin; ${text}; commit`);
      else for (const statement of text.split("--> statement-breakpoint")) await fresh.script(statement);
    }
  }
  if (seed && "run" in seed) await seed.run({ db, client: fresh.client } as never);
}

/**
 * Everything in one schema, or in all of them, as sorted lines; the schema's own name and where extensions live are `@`.
 * Casts to text are left out: Postgres prints them in other places once a definition was read back.
 */
export async function readFacts(client: postgres.Sql, schema: string | null): Promise<string[]> {
  const reserved = await client.reserve();
  try {
    const path = schema === null ? "pg_catalog" : `"${schema}", public`;
    const pinned = {
      search_path: path,
      row_security: "off",
      jit: "off",
      DateStyle: "ISO",
      TimeZone: "UTC",
      IntervalStyle: "postgres",
      bytea_output: "hex",
      extra_float_digits: "1",
    };
    await reserved.unsafe("begin; set local role none").simple();
    for (const [name, value] of Object.entries(pinned)) await reserved`select set_config(${name}, ${value}, true)`;
    const lines = (query: string, parameters: string[] = []): Promise<{ line: string }[]> =>
      reserved.unsafe<{ line: string }[]>(query, parameters);
    const facts = [...(await lines(FACTS, [schema ?? ""]))];
    const contents = (await lines(CONTENTS, [schema ?? ""])).map(({ line }) => line);
    if (contents.length > 0) facts.push(...(await lines(contents.join("\nunion all\n"))));
    const names = [...(schema === null ? [] : [schema]), "public"].join("|");
    const name = new RegExp(`(?:\\\\?")?\\b(${names})\\b(?:\\\\?")?`, "g");
    return facts
      .map(({ line }) =>
        line
          .replace(name, "@")
          .replaceAll("@, @", "@")
          .replace(/::text(\[\])?/g, ""),
      )
      .sort();
  } finally {
    await reserved.unsafe("rollback").simple();
    reserved.release();
  }
}
