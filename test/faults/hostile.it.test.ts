import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import fc from "fast-check";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { isIntegrationEnabled, TestDbError, withTestDb } from "../../src/index.ts";
import { ident, literal } from "../../src/sql/identifiers.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { conforms } from "../servers/conformance.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { findBinaries, startServer, type TestServer } from "../support/servers.ts";

const RUNS = Number(process.env["HOSTILE_RUNS"] ?? 3);
const SEED = process.env["HOSTILE_SEED"];
const PATIENCE = 30_000 + RUNS * 15_000;
const parameters = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }), endOnFailure: true };

/** Names and texts that somebody's quoting, formatting, folding or trust has fallen over. */
const HOSTILE = [
  ...[`"`, `'`, `\\`, `''`, `""`, `\\'`, `\\"`, "`", "$$", "$x$", "$1", "$body$", "\\x41", "E'\\''", "U&'\\0041'"],
  ...["%I", "%s", "%L", "%1$I", "%%", `\${x}`, "{}", "{{x}}", "&", "\\1", "$&", "$'", "$`"],
  ...["; drop schema public cascade; --", `"; drop table "canary`, `'); drop table canary; --`, "/*", "*/", "--", ";"],
  ...["\n", "\r\n", "\t", " ", " leading", "trailing ", "a\nb", "\u00a0", "\u2028", "\u001b[31mred"],
  ...["user", "select", "table", "public", "PUBLIC", "pg_catalog", "current_user", "null", "true", "default", "only"],
  ...[
    "it_0123456789abcd",
    "it_home_0123456789abcdef01234567",
    "it_template_x",
    "with_test_db",
    "drizzle",
    "pristine",
    "it_",
  ],
  ...["public.t", `"public"."t"`, "public.", ".public", "a.b", `a"."b`, "pg_temp", "search_path"],
  ...[
    "é",
    "e\u0301",
    "İ",
    "ß",
    "ﬁ",
    "Ω",
    "\u202eright to left",
    "\u200bzero",
    "\u200d",
    "\ufeff",
    "😀",
    "👩‍👩‍👧",
    "日本語",
  ],
  ...["x".repeat(63), "x".repeat(64), "x".repeat(200), "é".repeat(40), "😀".repeat(50), "0", "1e5", "-1", "NaN"],
];
const text = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
    {
      weight: 2,
      arbitrary: fc.array(fc.constantFrom(...HOSTILE), { minLength: 2, maxLength: 4 }).map((all) => all.join("")),
    },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }) },
  )
  .filter((one) => one !== "" && !one.includes("\0") && !one.includes("statement-breakpoint"));

/** As the server shortens it. */
function truncated(name: string): string {
  const bytes = Buffer.from(name).subarray(0, 63);
  return new TextDecoder().decode(bytes, { stream: true });
}
/** Names that stay apart when they are shortened. */
const names = (count: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(text, { minLength: count, maxLength: count, selector: truncated });

/** One of everything that has a name, each with a hostile one, and texts besides. */
function migrationsOf(all: readonly string[]): string[] {
  const quoted = all.map(ident);
  const at = (index: number): string => quoted[index % quoted.length] ?? '"x"';
  const value = (index: number): string => literal(all[index % all.length] ?? "x");
  const [table, other, id, column, third, type, domain, fn, sequence, index, check, view, trigger, foreign, policy] =
    quoted;
  return [
    `CREATE TYPE "public".${type} AS ENUM (${[...new Set([0, 1, 2].map((n) => literal(truncated(all[n] ?? "x"))))].join(", ")})`,
    `CREATE DOMAIN ${domain} AS text CHECK (value <> ${value(3)})`,
    `CREATE SEQUENCE "public".${sequence} START 7`,
    `CREATE TABLE ${table} (${id} serial PRIMARY KEY, ${column} text DEFAULT ${value(4)} UNIQUE, ${third} "public".${type},
       CONSTRAINT ${check} CHECK (${column} <> ${value(5)} OR ${column} IS NULL))`,
    `CREATE TABLE "public".${other} (${id} integer CONSTRAINT ${foreign} REFERENCES "public".${table} ON DELETE CASCADE,
       ${column} ${domain} DEFAULT ${value(6)}, ${third} bigint DEFAULT nextval(${literal(`public.${sequence}`)}))`,
    `CREATE INDEX ${index} ON "public".${table} (lower(${column})) WHERE ${column} <> ${value(7)}`,
    `CREATE FUNCTION "public".${fn}(${at(2)} text) RETURNS text LANGUAGE sql AS ${literal(`select ${value(8)} || $1 || count(*)::text from public.${table}`)}`,
    `CREATE FUNCTION "public".${trigger}() RETURNS trigger LANGUAGE plpgsql AS ${literal(
      `begin new.${column} := coalesce(new.${column}, ${value(9)}); perform 1 from public.${other}; return new; end`,
    )}`,
    `CREATE TRIGGER ${trigger} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION "public".${trigger}()`,
    `CREATE VIEW ${view} AS SELECT ${column} AS ${at(0)}, ${value(10)} AS ${at(1)} FROM "public".${table}`,
    `ALTER TABLE ${other} ENABLE ROW LEVEL SECURITY`,
    `CREATE POLICY ${policy} ON ${other} USING (${column} <> ${value(11)})`,
    `COMMENT ON TABLE ${table} IS ${value(12)}`,
    `COMMENT ON COLUMN ${table}.${column} IS ${value(13)}`,
    `INSERT INTO ${table} (${column}) VALUES (${literal(`row ${all[6]}`)}), (${literal(`row of ${all[7]}`)})`,
    `INSERT INTO ${other} (${id}, ${column}) SELECT ${id}, 'x' || ${column} FROM ${table}`,
  ];
}

/** Every name and every row of a schema, whatever it is called itself. */
const CONTENTS = `
  with n as (select oid from pg_namespace where nspname = $1)
  select 'relation ' || c.relkind::text || ' ' || c.relname || ' ' || coalesce(obj_description(c.oid, 'pg_class'), '') as fact from pg_class c, n where relnamespace = n.oid
  union all select 'column ' || c.relname || ' ' || a.attname || ' ' || a.attnum || coalesce(col_description(c.oid, a.attnum), '') from pg_attribute a join pg_class c on c.oid = attrelid, n where relnamespace = n.oid
  union all select 'type ' || typname from pg_type t, n where typnamespace = n.oid
  union all select 'label ' || e.enumlabel || ' ' || e.enumsortorder from pg_enum e join pg_type t on t.oid = enumtypid, n where typnamespace = n.oid
  union all select 'routine ' || proname || ' ' || proargnames::text from pg_proc p, n where pronamespace = n.oid
  union all select 'constraint ' || conname || ' ' || contype::text from pg_constraint k, n where connamespace = n.oid
  union all select 'trigger ' || tgname from pg_trigger t join pg_class c on c.oid = tgrelid, n where relnamespace = n.oid and not tgisinternal
  union all select 'policy ' || polname from pg_policy p join pg_class c on c.oid = polrelid, n where relnamespace = n.oid
  order by 1`;

const binaries = findBinaries("debian");

describe.skipIf(!isIntegrationEnabled() || "missing" in binaries)("names and texts that are hostile", () => {
  let server: TestServer;
  let target: Target;
  let home: postgres.Sql;
  beforeAll(async () => {
    server = await startServer({ major: "debian", settings: { client_min_messages: "error" } });
    await server.admin.script("create database home");
    target = { ...server.target, database: "home" };
    home = postgres(targetUrl(target), { max: 1, onnotice: () => {} });
    await home.unsafe("create table canary (id integer); insert into canary values (1); create schema bystander");
  });
  afterAll(async () => {
    await home?.end();
    await server?.stop();
  });
  const url = (): string => targetUrl(target);

  /** Nothing but what is ours came or went. */
  async function nothingElseHappened(): Promise<void> {
    expect(await home`select id from canary`).toEqual([{ id: 1 }]);
    const schemas = await home`select nspname as name from pg_namespace
      where nspname !~ '^(pg_|information_schema$|it_[a-z0-9_]+$|with_test_db$)' order by 1`;
    expect(schemas.map(({ name }) => name)).toEqual(["bystander", "public"]);
    const tables = await home`select relname as name from pg_class where relnamespace = 'public'::regnamespace`;
    expect(tables.map(({ name }) => name)).toEqual(["canary"]);
  }

  it(
    "are kept to the letter in migrations, in a schema as in a database",
    async () => {
      const held = await withTestDb({
        migrationsFolder: journalFolder({ "0000_t": "CREATE TABLE t (id integer)" }),
        url: url(),
      });
      await fc.assert(
        fc.asyncProperty(names(15), async (drawn) => {
          // a name that is another unit's
          const all = [...drawn.slice(0, 14), held.schemaName ?? ""];
          const statements = migrationsOf(all);
          const migrationsFolder = journalFolder({ "0000_all": statements.join(";--> statement-breakpoint\n") });
          const name = `truth_${Date.now()}`;
          await server.admin.script(`create database ${name}`);
          const truth = postgres(targetUrl({ ...target, database: name }), { max: 1, onnotice: () => {} });
          try {
            await migrate(drizzle({ client: truth }), { migrationsFolder });
            const facts = await truth.unsafe(CONTENTS, ["public"]);
            const [table, other, , column] = all.map(ident);
            const look = `select * from ${table} order by 1`;
            const look2 = `select * from ${other} order by 1, 2`;
            const rows = [await truth.unsafe(look), await truth.unsafe(look2)];
            await withTestDb({ migrationsFolder, url: url() }, async (unit) => {
              // a literal in a body that reads like a statement is taken for one; that it is not the same shows, and it is a database,
              // as it is where a name may be one of the catalog's
              const isDoubt = (name: string): boolean => /public/i.test(name) || /^pg_(?!catalog$|temp$)/.test(name);
              if (!drawn.some(isDoubt)) expect(unit.isolation).toBe("schema");
              const there = async (): Promise<void> => {
                expect(await unit.client.unsafe(CONTENTS, [unit.schemaName ?? "public"])).toEqual(facts);
                expect([await unit.client.unsafe(look), await unit.client.unsafe(look2)]).toEqual(rows);
              };
              await there();
              for (const value of drawn)
                await unit.client.unsafe(`insert into ${table} (${column}) values ($1)`, [`mine ${value}`]);
              await unit.client.unsafe(`delete from ${other}`);
              await unit.reset();
              await there();
              await unit.client.unsafe(`drop table ${other}`);
              await unit.reset();
              await there();
            });
            // one from the pool, under another name
            await withTestDb({ migrationsFolder, url: url() }, async (unit) => {
              expect(await unit.client.unsafe(CONTENTS, [unit.schemaName ?? "public"])).toEqual(facts);
            });
          } finally {
            await truth.end();
            await server.admin.script(`drop database ${name}`);
          }
          await nothingElseHappened();
        }),
        parameters,
      );
      await held.dispose();
    },
    PATIENCE,
  );

  it(
    "are no more than keys, labels and folders",
    async () => {
      await fc.assert(
        fc.asyncProperty(names(2), async ([one = "", other = ""]) => {
          const parent = temporaryFolder();
          const migrationsFolder = join(
            parent,
            Buffer.from(one.replaceAll("/", "|")).subarray(0, 60).toString("latin1"),
          );
          if (!existsSync(migrationsFolder)) {
            renameSync(journalFolder({ "0000_t": "CREATE TABLE t (x text)" }), migrationsFolder);
            mkdirSync(join(parent, "keep"));
          }
          const prepare = join(parent, "keep", `${other.replaceAll("/", "|").slice(0, 40)}.sql`);
          writeFileSync(prepare, `create schema prepared; comment on schema prepared is ${literal(other)}`);
          const seed = (key: string) => ({
            key,
            run: ({ client }: { client: postgres.Sql }) => client`insert into t values (${key})`,
          });
          for (const key of [one, other]) {
            const options = { migrationsFolder, url: url(), label: other, prepare: [prepare], seed: seed(key) };
            for (let n = 0; n < 2; n++) {
              await withTestDb(options, async (unit) => {
                expect(unit.schemaName).toMatch(/^it_[a-z0-9_]{14,47}$/);
                expect(await unit.client`select x from t`).toEqual([{ x: key }]);
              });
            }
          }
          await nothingElseHappened();
        }),
        parameters,
      );
    },
    PATIENCE,
  );

  it.each([
    `da"ta'base\\ $$ %I \${x} ; --`,
    "user",
    "it_0123456789abcd",
    "public",
    "\u202eright\u200b to\nleft 😀",
    "Ünï.côdé/?#[]@:&=+ %41",
    ...(RUNS > 3 ? [" ", "with_test_db", "x".repeat(63)] : []),
  ])("are names of databases, of users, and of their schemas: %j", async (name) => {
    // that role is everybody
    const user = name === "public" ? "Public" : name;
    await server.admin.script(`create role ${ident(user)} login createdb password ${literal(name)}`);
    await server.admin.script(`create database ${ident(name)} owner ${ident(user)}`);
    const own = { ...server.target, user, password: name, database: name };
    // an extension that the target has, in a schema of such a name; one that is called as the user is in its search_path
    const schema = ident(`!${name}`);
    const there = await openSession({ ...server.target, database: name });
    await there.script(
      `create schema ${schema} authorization ${ident(user)}; create extension citext schema ${schema}`,
    );
    await there.close();
    await conforms(server.admin, own);
    const migrationsFolder = journalFolder({
      "0000_granted": `CREATE TABLE t (x text); GRANT SELECT ON t TO ${ident(user)}; ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON t TO ${ident(user)} USING (x <> ${literal(name)});`,
    });
    await withTestDb({ migrationsFolder, url: targetUrl(own), isolation: "schema" }, async (unit) => {
      expect(
        await unit.client`select roles::text[] as roles from pg_policies where schemaname = ${unit.schemaName}`,
      ).toEqual([{ roles: [user] }]);
    });
    await nothingElseHappened();
  });

  it("are refused by name where nothing is called so, and do nothing", async () => {
    for (const hostile of HOSTILE) {
      const nowhere = targetUrl({ ...target, database: `no ${hostile}` });
      const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (x text)" });
      await expect(withTestDb({ migrationsFolder, url: nowhere })).rejects.toBeInstanceOf(TestDbError);
    }
    for (const hostile of [`'; drop table canary; --`, `"; drop table canary; --`, "$$", "%I"]) {
      const migrationsFolder = journalFolder({ "0000_e": `CREATE EXTENSION IF NOT EXISTS ${ident(hostile)}` });
      await expect(withTestDb({ migrationsFolder, url: url() })).rejects.toMatchObject({ code: "MIGRATION_FAILED" });
    }
    await nothingElseHappened();
  });

  it("with a NUL in them are refused, wherever they are", async () => {
    const good = journalFolder({ "0000_t": "CREATE TABLE t (x text)" });
    const prepare = join(temporaryFolder(), "nul.sql");
    writeFileSync(prepare, "create table a\0b (id integer)");
    const run = async ({ client }: { client: postgres.Sql }): Promise<unknown> => client`select 1`;
    const calls: [object, string?][] = [
      [{ migrationsFolder: journalFolder({ "0000_nul": 'CREATE TABLE "a\0b" (id integer)' }) }, "MIGRATION_FAILED"],
      [{ migrationsFolder: "a\0b" }, "MIGRATIONS_NOT_FOUND"],
      [{ migrationsFolder: good, prepare: [prepare] }, "PREPARE_FAILED"],
      [{ migrationsFolder: good, prepare: ["a\0b"] }, "PREPARE_FAILED"],
      [{ migrationsFolder: good, url: `${url()}%00` }, "TARGET_INVALID"],
      [{ migrationsFolder: good, label: "a\0b" }],
      [{ migrationsFolder: good, seed: { key: "a\0b", run } }],
      [{ migrationsFolder: good, client: { connection: { application_name: "a\0b" } } }],
    ];
    for (const [options, code] of calls) {
      const outcome = await withTestDb(
        { url: url(), ...options } as Parameters<typeof withTestDb>[0],
        () => "fine",
      ).catch((error: unknown) => error);
      if (code === undefined) expect(outcome).toBe("fine");
      else expect(outcome).toMatchObject({ name: "TestDbError", code });
    }
    await nothingElseHappened();
  });
});
