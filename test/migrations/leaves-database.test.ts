import { describe, expect, it } from "vitest";
import { leavesDatabase, writesDatabase } from "../../src/migrations/leaves-database.ts";

describe("leavesDatabase", () => {
  it.each([
    "create database other",
    "drop database if exists other",
    "DROP\nDATABASE other",
    "-- why\n/* and /* how */ */ Alter /* which */ Database other set tablespace pg_default",
    "alter database other set work_mem = '5MB'",
    "; ;drop database other",
    "create tablespace fast location '/fast'",
    "alter tablespace fast rename to slow",
    "drop tablespace fast",
    "create subscription s connection '' publication p",
    "alter subscription s refresh publication",
    "drop subscription s",
    "alter system set work_mem = '5MB'",
    "alter system reset all",
    "create table a (); drop database other",
    "select pg_create_logical_replication_slot('s', 'pgoutput')",
    "do $$ begin perform pg_catalog.PG_COPY_LOGICAL_REPLICATION_SLOT('s', 't'); end $$",
  ])("is true of %j", (sql) => {
    expect(leavesDatabase(sql)).toBe(true);
  });

  it.each([
    "create index concurrently i on t (c)",
    "drop index concurrently i",
    "reindex database",
    "reindex system",
    "vacuum full",
    "cluster",
    "discard all",
    "alter table t detach partition p concurrently",
    "alter type mood add value 'new'",
    "create role system; drop role system",
    "create table database (tablespace text, subscription text)",
    'alter table "system" add column "database" text',
    "comment on table t is 'drop database other'",
    "do $$ begin raise notice 'drop database other'; end $$",
    "create function f() returns void language sql as $$ select 'alter system' $$",
    "-- drop database other\nselect 1",
    "/* ; drop database other */ select 1",
    "create publication p for all tables",
    "",
  ])("is false of %j", (sql) => {
    expect(leavesDatabase(sql)).toBe(false);
  });
});

describe("writesDatabase", () => {
  it.each([
    "alter database app set timezone to 'UTC'",
    'grant connect on database "app" to reader',
    "REVOKE ALL ON DATABASE App FROM public",
    "comment on database app is 'mine'",
    "create table t (); alter database /* which */ app owner to me",
  ])("is true of %j", (sql) => {
    expect(writesDatabase(sql, "app")).toBe(true);
  });

  it.each([
    "alter database other set timezone to 'UTC'",
    'grant connect on database "App" to reader',
    "select 'alter database app set x = 1'",
    "do $$ begin execute format('alter database %I set x.y = 1', current_database()); end $$",
    "create table app (database text)",
  ])("is false of %j", (sql) => {
    expect(writesDatabase(sql, "app")).toBe(false);
  });
});
