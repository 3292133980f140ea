/** The SQL that makes the control schema. Loaded only where a home is built. */
import { DDL_FUNCTIONS } from "./ddl-functions.ts";
import { POOL_FUNCTIONS } from "./pool-functions.ts";
import { RESTORE_FUNCTIONS } from "./restore-functions.ts";
import { TRUNCATE_FUNCTIONS } from "./truncate-functions.ts";
import { UNIT_FUNCTIONS } from "./unit-functions.ts";

/**
 * The tables, and the functions in which all that happens to units happens on the server: each call is one round trip and
 * one transaction, so a unit's record and the unit itself never disagree, whoever dies in between.
 */
export const CONTROL_DDL: string = `
create schema with_test_db;

-- One row. A unit is a schema beside the origin, or a database: a copy of the template.
create table with_test_db.home (
  -- a copied home owns nothing
  database oid not null,
  server_major integer not null,
  isolation text not null check (isolation in ('schema', 'database')),
  -- why units are databases, and not schemas
  reasons text[] not null default '{}',
  -- the migrated schema; the SQL that makes another one, under that name; of it the rows, and the functions that name the schema
  origin text,
  replay text,
  seeds jsonb not null default '[]',
  bound_functions text not null default '',
  -- what is in the origin, in the order of names: how many rows, where the sequences stand, by which indexes tables are
  -- clustered, and how many indexes and partitions are between two states
  row_counts bigint[] not null default '{}',
  positions bigint[] not null default '{}',
  called boolean[] not null default '{}',
  clustered text not null default '',
  unfinished bigint not null default 0,
  can_restore boolean not null default false,
  caches_values boolean not null default false,
  always_fires boolean not null default false,
  has_materialized boolean not null default false,
  notices_ddl boolean not null default false,
  -- what all units have in common
  surroundings text not null default '',
  common oid[] not null default '{}',
  common_grants numeric not null default 0,
  -- the database of which units are copies, and what is in it
  template text,
  pristine text,
  built_in_types text not null,
  used_at timestamptz not null default now(),
  swept_at timestamptz not null default '-infinity'
);

create table with_test_db.unit (
  id integer generated always as identity,
  name text primary key check (name ~ '^it_[a-z0-9_]+$'),
  isolation text not null default 'schema' check (isolation in ('schema', 'database')),
  state text not null check (state in ('leased', 'returned', 'free', 'kept')),
  holder integer not null,
  -- whose process that is, in words of JSON: { file, pid, host }
  held_by text,
  build_xid xid,
  -- in the order of names
  tables oid[] not null default '{}',
  sequences oid[] not null default '{}',
  -- by whom the migrations' rows were put back, table by table
  seed_xids xid[] not null default '{}',
  array_types text not null default '',
  created_at timestamptz not null default now(),
  leased_at timestamptz not null default now(),
  freed_at timestamptz,
  -- of a kept unit: when a sweep may drop it; null where only a sweep of all may. Of a leased one: infinity, where it is to be
  -- kept when it is given up
  kept_until timestamptz
);

-- Units whose catalog was changed: rows that are only added, so that nobody waits for another's transaction.
create table with_test_db.changed (unit integer not null);

-- What tests made outside of their units, and for which units.
create table with_test_db.stray (class oid not null, object oid not null, kind text not null, makers integer[] not null);

${DDL_FUNCTIONS}
${UNIT_FUNCTIONS}
${RESTORE_FUNCTIONS}${TRUNCATE_FUNCTIONS}
${POOL_FUNCTIONS}`;
