import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalog } from "../../src/catalog/read-catalog.ts";
import { readDependencies } from "../../src/catalog/read-dependencies.ts";
import { openSession, type Session } from "../../src/connections/session.ts";
import { type Reach, reachOf } from "../../src/home/reach.ts";
import { readMigrations } from "../../src/migrations/read-migrations.ts";
import { ident } from "../../src/sql/identifiers.ts";
import { onDatabase } from "../../src/target/target.ts";
import { journalFolder } from "../support/migrations.ts";
import { testTarget } from "../support/target.ts";

const DATABASE = `with_test_db_reach_${process.pid}_${Date.now().toString(36)}`;
const ROLE = `${DATABASE}_role`;

const migrationsOf = (text: string) => readMigrations(journalFolder({ "0000_a": text }));

/** What a platform brings, and what a project has in `public`. */
const BEFORE = `
create schema auth;
create table auth.users (id integer primary key, name text);
insert into auth.users values (1, 'a');
create type auth.level as enum ('low');
create function auth.uid() returns integer language sql as 'select 1';
create function auth.guard() returns trigger language plpgsql as 'begin return new; end';
create schema extensions;
create extension hstore schema extensions;
create extension citext schema public;
create table public.posts (id integer primary key, author integer, tags extensions.hstore, mail public.citext);
`;

/** What migrations do, and how it is told. */
const REACHES: readonly (readonly [told: string, sql: string])[] = [
  ["made schema shop", "create schema shop; create table shop.orders (id integer primary key)"],
  ["made table auth.keys", "create table auth.keys (id serial primary key)"],
  ["made column auth.users.extra", "alter table auth.users add column extra text"],
  ["removed column auth.users.name", "alter table auth.users drop column name"],
  ["changed table auth.users", "alter table auth.users enable row level security"],
  ["made policy auth.users.own", "create policy own on auth.users using (true)"],
  [
    "made trigger auth.users.t",
    "create trigger t before insert on auth.users for each row execute function auth.guard()",
  ],
  ["made index auth.users_name", "create index users_name on auth.users (name)"],
  ["changed rows auth.users", "insert into auth.users values (2, 'b')"],
  ["changed enum auth.level", "alter type auth.level add value 'high'"],
  ["changed function auth.uid()", "create or replace function auth.uid() returns integer language sql as 'select 2'"],
  ["changed schema auth", "grant usage on schema auth to public"],
  ["made publication p", "create publication p for table public.posts"],
  [
    "made event trigger e",
    "create function public.on_ddl() returns event_trigger language plpgsql as 'begin end'; create event trigger e on ddl_command_end execute function public.on_ddl()",
  ],
  ["made foreign data wrapper w", "create foreign data wrapper w"],
  ["made foreign server s", "create foreign data wrapper w; create server s foreign data wrapper w"],
  [
    "made cast public.posts as integer",
    "create function public.num(public.posts) returns integer language sql as 'select 1'; create cast (public.posts as integer) with function public.num(public.posts)",
  ],
  ["made language tongue", "create language tongue handler plpgsql_call_handler"],
  ["made large object 4711", "select lo_create(4711)"],
  ["changed database", "grant connect on database current_database to pg_monitor"],
  ["made database setting work_mem", "alter database current_database set work_mem = '5MB'"],
  ["made default privileges tables made by", "alter default privileges grant select on tables to pg_monitor"],
  [
    "made default privileges auth.tables made by",
    "alter default privileges in schema auth grant select on tables to pg_monitor",
  ],
  ["made extension pg_trgm", "create extension pg_trgm schema extensions"],
  ["removed extension citext", "drop extension citext cascade"],
  ["made grants on function pg_catalog.pg_sleep", "revoke execute on function pg_sleep(double precision) from public"],
  ["made grants on function public.citext_eq", "revoke execute on function public.citext_eq from public"],
  ["made function pg_catalog.mine()", "create function pg_catalog.mine() returns integer language sql as 'select 1'"],
  [
    "made operator auth.=== (integer, integer)",
    "create operator auth.=== (leftarg = integer, rightarg = integer, function = int4eq)",
  ],
  [
    "refers to table auth.users from table constraint posts_author_fkey on public.posts",
    "alter table public.posts add foreign key (author) references auth.users",
  ],
  ["refers to table auth.users from rule", "create view public.v as select * from auth.users"],
  [
    "refers to type auth.level from table column public.posts.level",
    "alter table public.posts add column level auth.level",
  ],
  [
    "refers to type auth.level from table column public.posts.levels",
    "alter table public.posts add column levels auth.level[]",
  ],
  ["refers to table auth.users from table public.kin", "create table public.kin () inherits (auth.users)"],
];

const INSIDE: readonly string[] = [
  "create policy mine on public.posts using (author = auth.uid())",
  "alter table public.posts alter column author set default auth.uid()",
  "create trigger t before insert on public.posts for each row execute function auth.guard()",
  "create function public.f() returns integer language sql return auth.uid()",
  "create table public.more (id serial primary key, mail public.citext, extra extensions.hstore)",
  "create extension pg_trgm schema public",
  "alter default privileges in schema public grant select on tables to pg_monitor",
  "grant usage on schema public to pg_monitor",
  "create schema drizzle; create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint); insert into drizzle.__drizzle_migrations (hash) values ('x')",
];

describe("what migrations reach outside of public", () => {
  let server: Session;
  let session: Session;

  beforeAll(async () => {
    const target = await testTarget();
    server = await openSession(target);
    await server.script(`create database ${ident(DATABASE)} template template0`);
    // as migrations see it, not pinned: reading must not depend on it
    session = await openSession(onDatabase(target, DATABASE), {
      search_path: '"$user", public',
      TimeZone: "Asia/Tokyo",
    });
    await session.script(BEFORE);
  });

  afterAll(async () => {
    await session?.close();
    await server.script(`drop database if exists ${ident(DATABASE)} with (force)`);
    await server.close();
  });

  /** @param text - the migrations, where it is not they that do it */
  async function reach(sql: string, text = sql): Promise<Reach> {
    const before = await readCatalog(session, { outside: "public" });
    await session.script("begin");
    try {
      await session.script(sql.replace("database current_database", `database ${ident(DATABASE)}`));
      const after = await readCatalog(session, { outside: "public" });
      return reachOf(before, after, await readDependencies(session, "public"), migrationsOf(text));
    } finally {
      await session.script("rollback");
    }
  }

  it("is nothing at first, whatever public uses of extensions", async () => {
    expect(await reach("select 1")).toEqual({ outside: [], roles: [] });
  });

  it.each(REACHES)("is told: %s", async (told, sql) => {
    const { outside } = await reach(sql);
    expect(
      outside.some((line) => line.startsWith(told)),
      outside.join("\n"),
    ).toBe(true);
  });

  it.each(INSIDE)("is nothing for: %s", async (sql) => {
    expect(await reach(sql)).toEqual({ outside: [], roles: [] });
  });

  it("keeps roles apart", async () => {
    const { outside, roles } = await reach(
      `create role ${ident(ROLE)}; grant pg_monitor to ${ident(ROLE)}; alter role ${ident(ROLE)} set work_mem = '5MB'`,
    );
    expect(outside).toEqual([]);
    expect(roles).toContain(`made ${ROLE}`);
    expect(roles).toContain(`made ${ROLE} work_mem`);
    expect(roles.join()).toContain(`made ${ROLE} in pg_monitor`);
  });

  it("says nothing of roles, settings and memberships that somebody else made, changed or removed meanwhile", async () => {
    const made = `create role ${ident(ROLE)}; grant pg_monitor to ${ident(ROLE)}; alter role ${ident(ROLE)} set work_mem = '5MB'`;
    const { roles } = await reach(made, `create role ${ROLE}s; select 1 as work_mem`);
    expect(roles).toEqual([]);
  });

  it("leaves the session's settings as they were", async () => {
    const [row] = await session.rows(
      "select current_setting('search_path') as path, current_setting('TimeZone') as zone",
    );
    expect(row).toEqual({ path: '"$user", public', zone: "Asia/Tokyo" });
  });
});
