/** What a test makes or changes outside of its unit: gone before the next unit is handed out, or a reason for databases. */
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalog } from "../../src/catalog/read-catalog.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled, type TestDb, withTestDb } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { settled } from "../support/home.ts";
import { journalFolder } from "../support/migrations.ts";
import { testTarget } from "../support/target.ts";

type Unit = TestDb<Record<string, never>>;

const ID = Date.now().toString(36);
const ROLE = `it_outside_${ID}`;
const migration = (what: string): Record<string, string> => ({
  "0000_t": `CREATE EXTENSION citext;--> statement-breakpoint
    CREATE TYPE "mood" AS ENUM('calm', 'cross');--> statement-breakpoint
    CREATE TABLE "t" ("id" serial PRIMARY KEY, "made" text DEFAULT '${what} ${ID}', "mood" "mood");`,
});

/** The unit's schema is first in the search path. */
const MADE: Readonly<Record<string, string>> = {
  "a schema for each tenant":
    "create schema tenant_1; create table tenant_1.t (id serial primary key); create schema tenant_2",
  "a schema with grants of its own":
    "create schema tenant_1; create table tenant_1.t (id integer); grant usage on schema tenant_1 to public; grant select on tenant_1.t to public; alter default privileges in schema tenant_1 grant select on tables to public",
  "a table in public": "create table public.more (id serial primary key, words text unique)",
  "an extension": "create extension tablefunc",
  "an extension in public": "create extension hstore schema public",
  "an extension in a schema of its own": "create schema extensions; create extension hstore schema extensions",
  "a publication": "create publication more for table t",
  "a publication of a schema":
    "do $$ begin execute format('create publication more for tables in schema %I', current_schema()); end $$",
  "a cast": "create cast (mood as integer) with inout",
  "a function in public": "create function public.more() returns integer language sql return 1",
  "a view in public that leans on the unit": "create view public.more as select * from t",
  "a table in public that refers to the unit": "create table public.more (id integer references t, mood mood)",
  "a type in public, and what is made of it":
    "create type public.more as enum ('a'); create domain public.some as public.more; create aggregate public.alike(integer) (sfunc = int4mul, stype = integer)",
  "a table made by a query":
    "create table public.more as select 1 as one; create materialized view public.some as select 1 as one",
  "a foreign server":
    "create foreign data wrapper more; create server far foreign data wrapper more; create user mapping for current_user server far; create foreign table public.away (id integer) server far",
  "an operator and its class":
    "create operator public.=== (leftarg = integer, rightarg = integer, function = int4eq); create operator family public.more using btree; create text search configuration public.more (copy = simple); create statistics public.stats on id, mood from t",
  "an access method": "create access method more type table handler heap_tableam_handler",
  "a language": "create language more handler plpgsql_call_handler",
  "a transform": "create transform for integer language sql (from sql with function prsd_lextype(internal))",
  "an event trigger":
    "create function public.quiet() returns event_trigger language plpgsql as 'begin end'; create event trigger it_outside on ddl_command_start execute function public.quiet()",
  "more than once, and back":
    "create table public.more (id integer); drop table public.more; create table public.more (id text)",
  "what gets another name":
    "create schema tenant_1; create table tenant_1.t (id integer); alter schema tenant_1 rename to tenant_2; create table public.more (id integer); alter table public.more rename to other",
  "what it drops again": "create schema tenant_1; create table tenant_1.t (id integer); drop schema tenant_1 cascade",
  "a trigger and a policy on its own table":
    "create table public.more (id integer); create policy p on public.more using (true); create rule r as on insert to public.more do instead nothing",
};

const CHANGED: Readonly<Record<string, readonly [sql: string, reason: RegExp]>> = {
  "an extension that is dropped": ["drop extension citext cascade", /a test dropped the extension citext/],
  "an extension that moves": [
    "create schema elsewhere; alter extension citext set schema elsewhere",
    /a test changed the extension citext/,
  ],
  "a function of an extension": [
    "alter function public.citext_eq(public.citext, public.citext) cost 7",
    /a test changed the function public.citext_eq/,
  ],
  "default privileges": [
    "alter default privileges grant select on tables to public",
    /a test ran ALTER DEFAULT PRIVILEGES on what all units have in common/,
  ],
  "default privileges in public": [
    "alter default privileges in schema public grant select on tables to public",
    /a test ran ALTER DEFAULT PRIVILEGES on what all units have in common/,
  ],
  "a function that is there for all, replaced": [
    "create or replace function public.citext_cmp(public.citext, public.citext) returns integer language sql immutable as 'select 0'",
    /a test changed the function public.citext_cmp/,
  ],
  "grants on the journal": [
    "grant select on drizzle.__drizzle_migrations to public",
    /a test ran GRANT on what all units have in common/,
  ],
  "what a role owns": [
    `create role ${ROLE}_owner; drop owned by ${ROLE}_owner; drop role ${ROLE}_owner`,
    /a test ran DROP OWNED on what all units have in common/,
  ],
  "settings of the database": [
    "do $$ begin execute format('alter database %I set work_mem to 77777', current_database()); end $$",
    /a test changed settings/,
  ],
  "settings of a role in the database": [
    "do $$ begin execute format('alter role current_user in database %I set work_mem to 77777', current_database()); end $$",
    /a test changed settings/,
  ],
  "grants on public": [
    "revoke usage on schema public from public",
    /a test ran REVOKE on what all units have in common/,
  ],
  "the schema public": ["comment on schema public is 'changed'", /a test changed the schema public/],
  "an event trigger": [
    "alter event trigger with_test_db_ddl disable",
    /a test changed settings, grants on public, default privileges or event triggers/,
  ],
};

describe.skipIf(!isIntegrationEnabled())("outside of its unit", () => {
  let target: Target;
  beforeAll(async () => {
    target = await testTarget();
  });

  /** All that is in the home but units and our records, which tell of units. */
  async function surroundings(home: Session, unit: Unit): Promise<readonly string[]> {
    const objects = await readCatalog(home, { outside: unit.schemaName as string });
    return objects
      .filter(({ schema, name }) => schema !== "with_test_db" && !/^it_/.test(schema) && !/^it_/.test(name))
      .map((object) => JSON.stringify(object));
  }

  describe("what a test makes is gone", () => {
    const options = { schema: {}, migrationsFolder: journalFolder(migration("made")), isolation: "schema" } as const;
    let home: Session;
    let before: readonly string[];
    beforeAll(async () => {
      await withTestDb(options, async (unit) => {
        home = await openSession(onDatabase(target, unit.databaseName));
        before = await surroundings(home, unit);
      });
    });
    afterAll(() => home?.close());

    it.each(Object.entries(MADE))("%s", async (_, sql) => {
      await withTestDb(options, ({ client }) => client.unsafe(sql));
      // at once: what was made goes with the unit, or with the next one's lease
      await withTestDb(options, async (next) => {
        expect(await surroundings(home, next)).toEqual(before);
        expect(await next.client`insert into t default values returning id`).toEqual([{ id: 1 }]);
      });
      await settled(home);
    });

    it("its own schema, too, under another name", async () => {
      const unit = await withTestDb(options);
      await unit.client`do $$ begin execute format('alter schema %I rename to elsewhere', current_schema()); end $$`;
      await expect(unit.dispose()).rejects.toMatchObject({ code: "UNIT_GONE" });
      await withTestDb(options, async (next) => expect(await surroundings(home, next)).toEqual(before));
    });

    it("and what another test made since under the same name stays", async () => {
      const [one, other] = [await withTestDb(options), await withTestDb(options)];
      await one.client.unsafe("create schema tenant_1; alter schema tenant_1 rename to tenant_2");
      await other.client`create schema tenant_1`;
      await one.dispose();
      await withTestDb(options, () => {});
      expect(await home.rows("select nspname from pg_namespace where nspname like 'tenant%'")).toEqual([
        { nspname: "tenant_1" },
      ]);
      await other.dispose();
      await withTestDb(options, async (next) => expect(await surroundings(home, next)).toEqual(before));
    });

    it("the journal is not written: a test that migrates is told what it needs, and what has run runs no more", async () => {
      await withTestDb(options, async ({ db, client }) => {
        await migrate(db, options);
        await expect(client`delete from drizzle.__drizzle_migrations`).rejects.toMatchObject({
          code: "55000",
          hint: expect.stringContaining('isolation: "database"'),
        });
        const more = journalFolder({ ...migration("made"), "0001_more": 'ALTER TABLE "t" ADD COLUMN "more" text' });
        await expect(migrate(db, { migrationsFolder: more })).rejects.toMatchObject({ cause: { code: "55000" } });
        expect(await client`select to_jsonb(t) ? 'more' as more from t`).toEqual([]);
      });
      await withTestDb(options, async (next) => expect(await surroundings(home, next)).toEqual(before));
    });

    it("for as long as its maker has its unit, it stays", async () => {
      const maker = await withTestDb(options);
      await maker.client`create schema tenant_1`;
      const there = () => home.rows("select from pg_namespace where nspname = 'tenant_1'");
      await withTestDb(options, () => {});
      await settled(home);
      expect(await there()).toHaveLength(1);
      await maker.dispose();
      await withTestDb(options, async () => expect(await there()).toEqual([]));
    });
  });

  it.each(Object.entries(CHANGED))("%s makes units databases, and the reason is said", async (what, [sql, reason]) => {
    const options = { schema: {}, migrationsFolder: journalFolder(migration(what)) };
    const unit = await withTestDb(options);
    expect(unit.isolation).toBe("schema");
    const home = await openSession(onDatabase(target, unit.databaseName));
    try {
      await unit.client.unsafe(sql);
      await unit.dispose();
      await settled(home);
      expect(await home.rows("select isolation, to_jsonb(reasons) as reasons from with_test_db.home")).toEqual([
        { isolation: "database", reasons: [expect.stringMatching(reason)] },
      ]);
      await withTestDb(options, async ({ client, isolation }) => {
        expect(isolation).toBe("database");
        expect(await client`insert into t (made) values ('A'::public.citext) returning id`).toEqual([{ id: 1 }]);
      });
      await expect(withTestDb({ ...options, isolation: "schema" })).rejects.toMatchObject({
        code: "ISOLATION_REFUSED",
        message: expect.stringMatching(reason),
      });
    } finally {
      await home.close();
    }
  });

  it("a role that is no superuser leaves nothing either", async () => {
    const session = await openSession(target);
    await session.script(`create role ${ROLE} login createdb password 'known'`);
    try {
      const options = {
        ...{ schema: {}, migrationsFolder: journalFolder({ "0000_t": "CREATE TABLE t (id integer)" }) },
        url: targetUrl({ ...target, user: ROLE, password: "known" }),
      };
      const there = ({ client }: Unit) =>
        client`select to_regnamespace('tenant_1') as schema, to_regclass('public.more') as table`;
      await withTestDb(options, ({ client }) =>
        client.unsafe("create schema tenant_1; create table public.more (id integer)"),
      );
      await withTestDb(options, async (next) => expect(await there(next)).toEqual([{ schema: null, table: null }]));
    } finally {
      // a sweep of ours leaves what is another role's
      const owned = "select datname as name from pg_database where pg_get_userbyid(datdba) = $1::text";
      for (const { name } of await session.rows<{ name: string }>(owned, [ROLE])) {
        await session.script(`alter database ${name} is_template false`);
        await session.script(`drop database ${name} with (force)`);
      }
      await session.script(`drop role ${ROLE}`);
      await session.close();
    }
  });
});
