/** The SQL that makes the control schema. Loaded only where a control schema has to be made. */
import { CATALOG_STATE } from "./catalog-state.ts";
import { POOL_FUNCTIONS } from "./pool-functions.ts";
import { PRISTINE_FUNCTIONS } from "./pristine-functions.ts";
import { UNIT_FUNCTIONS } from "./unit-functions.ts";

/**
 * The tables, and the functions in which all that happens to units happens on the server: each call is one round trip and
 * one transaction, so a unit's record and the unit itself never disagree, whoever dies in between.
 */
export const CONTROL_DDL: string = `
create schema with_test_db;
comment on schema with_test_db is 'What with-test-db keeps in this database. Dropping it orphans its units.';

create table with_test_db.format (version text not null, server text not null, built_in_types text not null);

create table with_test_db.sweep (last timestamptz not null);
insert into with_test_db.sweep values ('-infinity');

create table with_test_db.blueprint (
  fingerprint text primary key,
  database_name text not null unique,
  state text not null check (state in ('building', 'ready')),
  checked boolean not null default false,
  obstacles text[] not null default '{}',
  marker text,
  replay text,
  extension_schemas text[] not null default '{}',
  pristine jsonb,
  seeds jsonb not null default '[]',
  bound_functions text not null default '',
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now()
);

create table with_test_db.unit (
  name text primary key check (name ~ '^it_[a-z0-9_]+$'),
  isolation text not null check (isolation in ('schema', 'database')),
  fingerprint text not null,
  holder integer not null,
  state text not null default 'leased' check (state in ('leased', 'returned', 'free', 'kept')),
  build_xid xid,
  claim_xid xid,
  seed_xids jsonb not null default '{}',
  place oid,
  array_types text,
  created_at timestamptz not null default now(),
  leased_at timestamptz not null default now(),
  freed_at timestamptz
);
create index on with_test_db.unit (fingerprint, freed_at) where state = 'free';

${UNIT_FUNCTIONS}
${CATALOG_STATE};
${PRISTINE_FUNCTIONS}
${POOL_FUNCTIONS}`;
