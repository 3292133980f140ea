/** Things of somebody else's that look like ours, one of every kind, and an account of everything that is there. */
import { openSession, type Session } from "../../src/connections/session.ts";
import { dropDatabase, MARK } from "../../src/control/databases.ts";
import { ident, literal } from "../../src/sql/identifiers.ts";
import { onDatabase } from "../../src/target/target.ts";

export interface Decoys {
  /** What is in the session's database and beside it. */
  account(): Promise<unknown>;
}

const MADE_LONG_AGO = { what: "unit", home: "it_home_gone", folder: "f", beside: "", madeAt: 1_000_000_000 };

const roleOf = (name: string): string => `it_role_${name}`;

/** Removes them, as far as they were set, once the database that they were in is gone. */
export async function removeDecoys(server: Session, name: string): Promise<void> {
  const databases = await server.rows<{ name: string }>(
    "select datname as name from pg_database where datname like $1::text",
    [`%${name}`],
  );
  for (const database of databases) await dropDatabase(server, database.name);
  await server.script(`drop role if exists ${roleOf(name)}`);
}

/** Puts them into the session's database, and beside it. `name` ends the names of what the whole server shares. */
export async function setDecoys(session: Session, name: string): Promise<Decoys> {
  const role = roleOf(name);
  const marked = (oid: unknown): string => `${MARK} ${JSON.stringify({ ...MADE_LONG_AGO, oid })}`;
  /** Databases, with the comments that they bear, if any; of their own numbers. */
  const databases: Record<string, (oid: number) => string | undefined> = {
    // named like a home of ours, and not marked
    [`it_home_0123456789abcdef01234567_${name}`]: () => undefined,
    [`it_pool_${name}`]: () => "with-test-db is what I use here",
    [`it_wrong_mark_${name}`]: () => marked("1 or 1=1"),
    // the mark came along with a copy
    [`it_copy_${name}`]: (oid) => marked(oid - 1),
    // marked as ours, and somebody else's
    [`it_theirs_${name}`]: marked,
    // marked as ours, and not named as ours
    [`somebody_${name}`]: marked,
  };
  const [extension] = await session.rows<{ name: string }>(
    "select name from pg_available_extensions where name in ('citext', 'hstore', 'pgcrypto') order by name limit 1",
  );
  await session.script(`
    create role ${role};
    comment on role ${role} is ${literal(marked(1))};
    create schema it_foreign authorization ${role};
    comment on schema it_foreign is ${literal(marked(1))};
    create table it_foreign.data as select n as id, 'row ' || n as words from generate_series(1, 50) n;
    create sequence it_foreign.counter start 42;
    create view it_foreign.seen as select * from it_foreign.data;
    create materialized view it_foreign.kept as select * from it_foreign.data;
    create type it_foreign.size as enum ('s', 'm');
    create function it_foreign.answer() returns integer language sql as 'select 42';
    create procedure it_foreign.nothing() language sql as 'select';
    create function it_foreign.watch() returns trigger language plpgsql as 'begin return new; end';
    create trigger watch before insert on it_foreign.data for each row execute function it_foreign.watch();
    grant all on it_foreign.data to ${role};
    create schema it_pool_0123456789abcd;
    create table it_pool_0123456789abcd.data as select 1 as one;
    create schema it_trial_0123456789abcd;
    create table public.it_table as select n as id from generate_series(1, 50) n;
    create function public.it_function() returns integer language sql as 'select 1';
    create schema with_test_db;
    create table with_test_db.unit as select 'it_foreign' as name;
    create table with_test_db.home as select oid as database from pg_database where datname = current_database();
    select lo_from_bytea(0, 'large');
    create publication it_publication for table public.it_table;
    ${extension ? `create extension ${ident(extension.name)} schema it_foreign` : ""}`);
  for (const [database, commentOn] of Object.entries(databases)) {
    await session.script(`create database ${ident(database)} template template0`);
    const [made] = await session.rows<{ oid: number }>("select oid::int from pg_database where datname = $1::text", [
      database,
    ]);
    const comment = commentOn(made?.oid ?? 0);
    if (comment) await session.script(`comment on database ${ident(database)} is ${literal(comment)}`);
    const inside = await openSession(onDatabase(session.target, database));
    await inside.script("create table public.data as select 'mine' as whose").finally(() => inside.close());
  }
  await session.script(`alter database ${ident(`it_theirs_${name}`)} owner to ${role}`);
  return {
    account: async () => {
      const objects = await session.rows(OBJECTS);
      const rows = await session.rows(ROWS);
      const beside = await session.rows(BESIDE, [`%${name}`]);
      const inDatabases: unknown[] = [];
      for (const database of Object.keys(databases)) {
        const inside = await openSession(onDatabase(session.target, database));
        inDatabases.push(await inside.rows("select * from public.data").finally(() => inside.close()));
      }
      return { objects, rows, beside, inDatabases };
    },
  };
}

/** Everything in the database but Postgres' own, with its identity and the transaction that wrote it. */
const OBJECTS = `
  with postgres as (select oid from pg_namespace where nspname like 'pg\\_%' or nspname = 'information_schema')
  select 'schema' as kind, oid::text, nspname as name, nspowner::text || coalesce(nspacl::text, '') as more, xmin::text
    from pg_namespace where oid not in (select oid from postgres)
  union all
  select 'relation', oid::text, relname, concat(relnamespace, relkind, relfilenode, relacl), xmin::text
    from pg_class where relnamespace not in (select oid from postgres)
  union all
  select 'routine', oid::text, proname, md5(concat(pronamespace, prosrc, proacl)), xmin::text
    from pg_proc where pronamespace not in (select oid from postgres)
  union all
  select 'type', oid::text, typname, typnamespace::text, xmin::text from pg_type where typnamespace not in (select oid from postgres)
  union all
  select 'trigger', oid::text, tgname, concat(tgrelid, tgenabled), xmin::text from pg_trigger
  union all
  select 'extension', oid::text, extname, extnamespace::text || extversion, xmin::text from pg_extension
  union all
  select 'publication', oid::text, pubname, '', xmin::text from pg_publication
  union all
  select 'large object', oid::text, encode(lo_get(oid), 'escape'), lomowner::text, xmin::text from pg_largeobject_metadata
  union all
  select 'comment', d.objoid::text, d.description, '', d.xmin::text from pg_description d
   where d.classoid in ('pg_namespace'::regclass, 'pg_class'::regclass) and d.objoid > 16383
     and d.objoid not in (select oid from postgres)
     and not exists (select from pg_class c where c.oid = d.objoid and c.relnamespace in (select oid from postgres))
   order by 1, 3, 2`;

const ROWS = `
  select (select md5(string_agg(d::text, ',' order by id)) from it_foreign.data d) as data,
         (select md5(string_agg(d::text, ',' order by id)) from it_foreign.kept d) as kept,
         (select last_value from it_foreign.counter) as counter, it_foreign.answer() as answer,
         (select count(*)::int from public.it_table) as in_public, (select one from it_pool_0123456789abcd.data) as pool`;

/** Databases and roles of the test's own: by their names, and whatever else has our mark for this database. */
const BESIDE = `
  select 'database' as kind, d.oid::text, d.datname as name, d.datdba::text, shobj_description(d.oid, 'pg_database') as comment
    from pg_database d
   where d.datname like $1::text
  union all
  select 'role', oid::text, rolname, '', shobj_description(oid, 'pg_authid') from pg_roles where rolname like $1::text
   order by 1, 3`;
