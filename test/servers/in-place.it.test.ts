import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readCatalog } from "../../src/catalog/read-catalog.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import type { Target } from "../../src/target/target.ts";
import { journalFolder, temporaryFolder } from "../support/migrations.ts";
import { findBinaries, type Major, startServer, type TestServer } from "../support/servers.ts";
import { SOON } from "../support/soon.ts";
import { conforms } from "./conformance.ts";

const MAJORS: readonly Major[] = [15, 18];
/** What is retargeted and what is refused is decided by our own reading; one major is enough for each. */
const FINE_ON: Major = 18;
const REFUSED_ON: Major = 15;
const BREAK = "--> statement-breakpoint";
const OWNERS = `CREATE TABLE "owners" ("id" serial PRIMARY KEY, "name" text);`;

/** Histories that mean in a schema what they mean in `public`. */
const FINE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "every name qualified, or none": {
    "0000_a": `
      CREATE TYPE "public"."mood" AS ENUM('calm');${BREAK}
      CREATE TABLE IF NOT EXISTS "public"."owners" ("id" serial PRIMARY KEY, "mood" "public"."mood" DEFAULT 'calm'::public.mood, "n" integer DEFAULT nextval('public.owners_id_seq'::regclass));${BREAK}
      CREATE TABLE public.cats (id integer REFERENCES public.owners(id), "owner" integer REFERENCES "owners");${BREAK}
      CREATE INDEX "cats_owner" ON "public"."cats" USING btree ("owner");${BREAK}
      ALTER TABLE "public"."cats" ENABLE ROW LEVEL SECURITY;${BREAK}
      CREATE POLICY "own" ON "public"."cats" USING (EXISTS (SELECT 1 FROM public.owners o WHERE o.id = cats.owner));${BREAK}
      INSERT INTO public.owners (mood) VALUES ('calm');${BREAK}
      SELECT setval('public.owners_id_seq', 41);`,
  },
  "data that only looks like a name": {
    "0000_a": `CREATE TABLE pages (visibility text DEFAULT 'public' CHECK (visibility IN ('public', 'private')), body text);${BREAK}
      INSERT INTO pages VALUES ('public', 'see public.pages and "public"."pages"');${BREAK}
      COMMENT ON TABLE pages IS 'what is public. All of it';`,
  },
  "errors that are caught": {
    "0000_a": OWNERS,
    "0001_b": `DO $$ BEGIN CREATE TYPE "public"."mood" AS ENUM('calm'); EXCEPTION WHEN duplicate_object THEN null; END $$;${BREAK}
      DO $$ BEGIN ALTER TABLE "owners" ADD CONSTRAINT "named" CHECK ("name" <> ''); EXCEPTION WHEN duplicate_object THEN null; END $$;`,
  },
  "a look into the catalog that says where": {
    "0000_a": OWNERS,
    "0001_b": `DO $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'owners' AND column_name = 'age') THEN
          ALTER TABLE public.owners ADD COLUMN age integer;
        END IF;
        IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'adult' AND conrelid = 'public.owners'::regclass) THEN
          ALTER TABLE "owners" ADD CONSTRAINT adult CHECK (age > 17);
        END IF;
      END $$;`,
  },
  "SQL put together from names": {
    "0000_a": OWNERS,
    "0001_b": `DO $$ DECLARE t text; BEGIN
        FOREACH t IN ARRAY ARRAY['owners'] LOOP
          EXECUTE format('ALTER TABLE public.%I ADD COLUMN seen timestamptz', t);
          EXECUTE 'CREATE INDEX ON public.' || quote_ident(t) || ' (seen)';
        END LOOP; END $$;`,
  },
  "functions, triggers and views that say public": {
    "0000_a": `${OWNERS}${BREAK}
      CREATE OR REPLACE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
        BEGIN PERFORM count(*) FROM public.owners; NEW.name := 'x'; RETURN NEW; END $fn$;${BREAK}
      CREATE TRIGGER t BEFORE INSERT ON public.owners FOR EACH ROW EXECUTE FUNCTION public.touch();${BREAK}
      CREATE VIEW public.names AS SELECT name FROM public.owners;${BREAK}
      INSERT INTO owners (name) VALUES ('Ada');`,
  },
  "a baseline as pg_dump writes it": {
    "0000_a": `SET statement_timeout = 0; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on;
      SELECT pg_catalog.set_config('search_path', '', false);
      CREATE SCHEMA IF NOT EXISTS public;
      CREATE TABLE public.owners (id integer NOT NULL, name text);
      CREATE SEQUENCE public.owners_id_seq AS integer OWNED BY public.owners.id;
      ALTER TABLE ONLY public.owners ALTER COLUMN id SET DEFAULT nextval('public.owners_id_seq'::regclass);
      ALTER TABLE ONLY public.owners ADD CONSTRAINT owners_pkey PRIMARY KEY (id);
      SELECT pg_catalog.setval('public.owners_id_seq', 7, true);`,
    "0001_b": `SET search_path TO "$user", public;${BREAK}ALTER TABLE owners ADD COLUMN age integer;`,
  },
  "an enum value used in the transaction that adds it": {
    "0000_a": `CREATE TYPE mood AS ENUM ('calm');${BREAK}CREATE TABLE owners (mood mood);`,
    "0001_b": `ALTER TYPE mood ADD VALUE 'cross';`,
    "0002_c": `ALTER TABLE owners ALTER mood SET DEFAULT 'cross';${BREAK}INSERT INTO owners DEFAULT VALUES;`,
  },
  "the same within one migration": {
    "0000_a": `CREATE TYPE mood AS ENUM ('calm');${BREAK}CREATE TABLE owners (mood mood);`,
    "0001_b": `ALTER TYPE mood ADD VALUE 'cross';${BREAK}INSERT INTO owners VALUES ('cross');`,
  },
  "indexes made concurrently, and transactions of its own": {
    "0000_a": `${OWNERS}${BREAK}COMMIT;${BREAK}CREATE INDEX CONCURRENTLY IF NOT EXISTS "by_name" ON "owners" ("name");${BREAK}
      CREATE INDEX CONCURRENTLY gone ON public.owners (name);${BREAK}DROP INDEX CONCURRENTLY public.gone;${BREAK}VACUUM ANALYZE owners;${BREAK}
      BEGIN; ALTER TABLE owners ADD COLUMN age integer; COMMIT;`,
  },
  "a function that looks into the catalog, and is not called": {
    "0000_a": `CREATE FUNCTION has(name text) RETURNS boolean LANGUAGE sql AS $$ SELECT EXISTS (SELECT FROM pg_class WHERE relname = name) $$;`,
  },
  "grants, default privileges and a comment on the schema": {
    "0000_a": `GRANT USAGE ON SCHEMA public TO PUBLIC;${BREAK}ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;${BREAK}
      ${OWNERS}${BREAK}GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;${BREAK}REVOKE INSERT ON public.owners FROM PUBLIC;`,
  },
};

/** Histories that reach outside, or may mean something else in another schema: SQL, and the words that name it. */
const REFUSED: Readonly<Record<string, readonly [sql: string, words: RegExp]>> = {
  "a schema of its own": [
    `CREATE SCHEMA "billing";${BREAK}CREATE TABLE "billing"."invoices" ("id" serial PRIMARY KEY);`,
    /made schema billing/,
  ],
  "a foreign key out of it": [
    `CREATE TABLE t (id integer REFERENCES shared.accounts (id));`,
    /refers to table shared\.accounts from table constraint/,
  ],
  "a view of what is outside": [`CREATE VIEW v AS SELECT * FROM shared.accounts;`, /refers to table shared\.accounts/],
  "rows elsewhere": [`INSERT INTO shared.accounts VALUES (7);`, /changed rows of table shared\.accounts/],
  "rows elsewhere, removed": [`DELETE FROM shared.accounts;`, /changed rows of table shared\.accounts/],
  "tables elsewhere, emptied": [`TRUNCATE shared.accounts;`, /changed rows of table shared\.accounts/],
  "a column elsewhere": [`ALTER TABLE shared.accounts ADD COLUMN x integer;`, /made column shared\.accounts\.x/],
  "a table elsewhere, dropped": [`DROP TABLE shared.accounts;`, /removed table shared\.accounts/],
  "rows elsewhere, after a COMMIT of its own": [
    `CREATE TABLE t (id integer);${BREAK}COMMIT;${BREAK}BEGIN;${BREAK}INSERT INTO shared.accounts VALUES (8);`,
    /changed rows of table shared\.accounts/,
  ],
  "rows elsewhere, by a trigger that waits for the end": [
    `CREATE TABLE t (id integer);${BREAK}
     CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO shared.accounts VALUES (9); RETURN NULL; END $$;${BREAK}
     CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();${BREAK}
     INSERT INTO t VALUES (1);`,
    /changed rows of table shared\.accounts/,
  ],
  "a grant elsewhere": [`GRANT SELECT ON shared.accounts TO PUBLIC;`, /changed table shared\.accounts/],
  "default privileges for everything": [
    `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;`,
    /default privileges/,
  ],
  "a look into the catalog that sees other schemas": [
    `CREATE TABLE t (id integer);${BREAK}
     DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'positive') THEN
       ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0); END IF; END $$;`,
    /0000_a\.sql: looks into pg_constraint without saying in which schema/,
  ],
  "a look that only prints which table it found": [
    `DO $$ DECLARE r record; BEGIN FOR r IN SELECT conname, conrelid::regclass AS t FROM pg_constraint WHERE conname = 'positive' LOOP
       RAISE NOTICE '%', r.t; END LOOP; END $$;`,
    /looks into pg_constraint without saying in which schema/,
  ],
  "a row made of what the catalog says": [
    `CREATE TABLE t AS SELECT tablename::text FROM pg_tables;`,
    /looks into pg_tables without saying in which schema/,
  ],
  "a function of that kind that is called": [
    `CREATE TABLE t (id integer);${BREAK}
     CREATE FUNCTION "has"(name text) RETURNS boolean LANGUAGE sql AS $$ SELECT EXISTS (SELECT FROM pg_class WHERE relname = name) $$;${BREAK}
     INSERT INTO t SELECT 1 WHERE "has"('numbers');`,
    /calls has\(\), which looks into pg_class/,
  ],
  "a search_path that leads out": [
    `SELECT set_config('search_path', 'shared', false);${BREAK}CREATE TABLE lost ();`,
    /made table shared\.lost/,
  ],
  "a transaction taken back": [`CREATE TABLE t ();${BREAK}ROLLBACK;`, /takes back what other migrations did/],
  "a database": [`CREATE DATABASE it_never;`, /is about a database/],
  "an extension that others use, dropped": [`DROP EXTENSION citext;`, /changes an extension that others use/],
  "a partition detached concurrently": [
    `CREATE TABLE t (id integer) PARTITION BY LIST (id);${BREAK}CREATE TABLE p PARTITION OF t FOR VALUES IN (1);${BREAK}
     ALTER TABLE t DETACH PARTITION p CONCURRENTLY;`,
    /can't run inside a transaction/,
  ],
  "a language that is not read": [
    `DO LANGUAGE plperl $$ spi_exec_query('select 1') $$;`,
    /a language that is not read/,
  ],
};

describe.skipIf(!isIntegrationEnabled()).each(MAJORS)("without CREATEDB on PostgreSQL %s", (major) => {
  const binaries = findBinaries(major);
  if ("missing" in binaries) {
    it.skip(`is not tried: ${binaries.missing}`);
    return;
  }
  let server: TestServer;
  let target: Target;
  beforeAll(async () => {
    server = await startServer({ major });
    await server.admin.script("create role plain login password 'secret'");
    await server.admin.script("create database base");
    target = await populate("base");
    await server.admin.script("create database verbatim");
    await server.admin.script("grant create on database verbatim to plain");
  });
  afterAll(() => server?.stop());

  /** A database with things of the user's own that must stay as they are. */
  async function populate(database: string): Promise<Target> {
    await server.admin.script(`grant create on database ${database} to plain`);
    await inside(database, (session) =>
      session.script(`
        create table owners (id integer, name text, mood text);
        create table pages (wrong integer);
        create type mood as enum ('wrong');
        create function touch() returns trigger language plpgsql as 'begin raise exception ''wrong''; end';
        create table numbers (n integer constraint positive check (n > 0));
        insert into owners values (1, 'wrong');
        grant all on all tables in schema public to plain;
        create schema shared authorization plain;
        create table shared.accounts (id integer primary key);
        alter table shared.accounts owner to plain;
        insert into shared.accounts values (1), (2);`),
    );
    return { ...server.target, user: "plain", password: "secret", database };
  }

  async function inside<T>(database: string, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await openSession({ ...server.target, database }, { search_path: "public" });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  /** All that is in the database but what is ours. */
  const everything = (): Promise<unknown> =>
    inside("base", async (session) =>
      (await readCatalog(session, { outside: "with_test_db" })).filter(
        ({ schema, kind }) => !/^(it_|with_test_db)/.test(schema) && !kind.startsWith("role") && kind !== "extension",
      ),
    );
  /** But for the pool, which is filled in the background. */
  const ours = (): Promise<unknown> =>
    inside("base", (session) =>
      session.rows(
        "select nspname as name from pg_namespace where nspname like 'it\\_%' and nspname not like 'it\\_pool\\_%' order by 1",
      ),
    );

  it("all goes as usual, beside tables of the same names", async () => {
    await conforms(server.admin, target, { isolations: ["schema"] });
  });

  it("a database is refused, naming the right that is missing", async () => {
    const options = { schema: {}, migrationsFolder: journalFolder({ "0000_a": OWNERS }), url: targetUrl(target) };
    await expect(withTestDb({ ...options, isolation: "database" })).rejects.toMatchObject({
      code: "PRIVILEGE_MISSING",
      message: expect.stringContaining(`alter role "plain" createdb`),
    });
  });

  it("without the right to make a schema nothing goes, and that is named too", async () => {
    await server.admin.script("create role bare login password 'secret'");
    await server.admin.script("create database bare_base");
    const url = targetUrl({ ...target, user: "bare", database: "bare_base" });
    await expect(
      withTestDb({ schema: {}, migrationsFolder: journalFolder({ "0000_a": OWNERS }), url }),
    ).rejects.toMatchObject({
      code: "PRIVILEGE_MISSING",
      message: expect.stringContaining(`grant create on database "bare_base" to "bare"`),
    });
  });

  it.runIf(major === FINE_ON).each(Object.entries(FINE))(
    "holds what a verbatim blueprint makes: %s",
    async (_, migrations) => {
      const before = await everything();
      const migrationsFolder = journalFolder(migrations);
      /** The catalog of a unit, with one name for all units. */
      const made = async (url: string): Promise<unknown> =>
        withTestDb(
          { schema: {}, migrationsFolder, url, isolation: "schema", reuse: false },
          async ({ schemaName, databaseName }) =>
            inside(databaseName, async (session) =>
              (await readCatalog(session, { schema: schemaName ?? "" })).map((object) => ({
                ...object,
                schema: "unit",
                definition: object.definition.replaceAll(schemaName ?? "", "unit"),
              })),
            ),
        );
      const inPlace = await made(targetUrl(target));
      expect(await everything()).toEqual(before);

      await server.admin.script("alter role plain createdb");
      try {
        const verbatim = await made(targetUrl({ ...target, database: "verbatim" }));
        expect(inPlace).toEqual(verbatim);
      } finally {
        await server.admin.script("alter role plain nocreatedb");
      }
    },
  );

  it.runIf(major === REFUSED_ON).each(Object.entries(REFUSED))(
    "refuses by name, and leaves nothing: %s",
    async (_, [sql, words]) => {
      const [before, schemas] = [await everything(), await ours()];
      const migrationsFolder = journalFolder({ "0000_a": sql });
      const error = await withTestDb({ schema: {}, migrationsFolder, url: targetUrl(target) }).then(
        (testDb) => testDb.dispose().then(() => "it was not refused"),
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({
        code: "ISOLATION_REFUSED",
        message: expect.stringMatching(
          /^plain may not create databases, and .* cannot run in a schema instead\.\n[\s\S]*next: psql -c 'alter role "plain" createdb'/,
        ),
      });
      expect((error as Error).message).toMatch(words);
      expect(await everything()).toEqual(before);
      expect(await ours()).toEqual(schemas);
      const records = await inside("base", (session) =>
        session.rows("select 1 as found from with_test_db.blueprint where state <> 'ready'"),
      );
      expect(records).toEqual([]);
    },
  );

  it("a migration that fails is shown with its file and Postgres' words, and leaves nothing", async () => {
    const schemas = await ours();
    const migrationsFolder = journalFolder({ "0000_a": OWNERS, "0001_b": "ALTER TABLE owners ADD x nonsense" });
    await expect(withTestDb({ schema: {}, migrationsFolder, url: targetUrl(target) })).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/0001_b\.sql failed[\s\S]*type "nonsense" does not exist/),
    });
    expect(await ours()).toEqual(schemas);
  });

  it("prepare and seed run in the schema, and are watched too", async () => {
    const file = join(temporaryFolder(), "prepare.sql");
    writeFileSync(file, `CREATE TABLE public.kinds (id integer PRIMARY KEY); INSERT INTO kinds VALUES (7);`);
    const migrationsFolder = journalFolder({ "0000_a": "CREATE TABLE things (kind integer REFERENCES kinds);" });
    const options = { schema: {}, migrationsFolder, url: targetUrl(target) };
    const seed = (sql: string) => ({ key: sql, run: ({ client }: { client: postgres.Sql }) => client.unsafe(sql) });
    await withTestDb(
      { ...options, prepare: [file], seed: seed("insert into things values (7)") },
      async ({ client }) => {
        expect(await client`select kind from things`).toEqual([{ kind: 7 }]);
      },
    );
    await expect(
      withTestDb({
        ...options,
        prepare: [file],
        seed: seed("create table shared.seeded (); insert into things values (7)"),
      }),
    ).rejects.toMatchObject({
      code: "ISOLATION_REFUSED",
      message: expect.stringContaining("made table shared.seeded"),
    });
    await inside("base", (session) => session.script("drop table shared.seeded"));
  });

  it("what others do in the database meanwhile is not blamed on the migrations", async () => {
    const migrationsFolder = journalFolder({ "0000_a": `SELECT pg_advisory_xact_lock(4711);${BREAK}${OWNERS}` });
    await inside("base", async (session) => {
      await session.script("select pg_advisory_lock(4711)");
      const unit = withTestDb({ schema: {}, migrationsFolder, url: targetUrl(target) });
      unit.catch(() => {});
      await vi.waitFor(async () => {
        const waiting = await session.rows("select pid from pg_locks where locktype = 'advisory' and not granted");
        expect(waiting).toHaveLength(1);
      }, SOON);
      await session.script("create table meanwhile (); insert into shared.accounts values (77); create schema busy");
      await session.script("select pg_advisory_unlock(4711)");
      await (await unit).dispose();
    });
    await inside("base", (session) =>
      session.script("drop table meanwhile; delete from shared.accounts where id = 77; drop schema busy"),
    );
  });
});
