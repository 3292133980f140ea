import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { fillTables } from "../../src/rehearse/fill-tables.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const ROWS = 40;

describe.skipIf(!isIntegrationEnabled())("fillTables()", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await openOwnDatabase(`with_test_db_fill_${Date.now()}`);
  });
  afterAll(() => own.drop());
  beforeEach(() => own.session.script("drop schema public cascade; create schema public; set search_path = public"));

  const filled = async (sql: string): Promise<unknown> => {
    await own.session.script(sql);
    return fillTables(own.session, ROWS);
  };
  const ask = async (sql: string): Promise<unknown> => Object.values((await own.session.rows(sql))[0] ?? {})[0];

  it("gives columns values of their types, and leaves out those that have one by themselves", async () => {
    const left = await filled(`
      create type mood as enum ('sad', 'ok');
      create domain email as varchar(40) check (value like '%');
      create table "All Types" (
        id bigint generated always as identity primary key, made timestamptz not null default now(), twice integer generated always as (b * 2) stored,
        a smallint not null, b integer not null, c bigint not null, d numeric(6, 2) not null, e numeric not null, f real not null, g double precision not null,
        h boolean not null, i text not null unique, j varchar(3) not null, k char(2) not null, l uuid not null unique, m date not null, n timestamp not null,
        o timestamptz not null, p time not null, q interval not null, r json not null, s jsonb not null, t bytea not null, u inet not null, v cidr not null,
        w macaddr not null, x bit(4) not null, y point not null, z tsvector not null, aa int4range not null, ab tstzrange not null, ac mood not null,
        ad email not null, ae integer[] not null, af mood[] not null, ag text[] not null, "it's" money not null, ah timetz not null, ai name not null)`);
    expect(left).toEqual([]);
    expect(await ask(`select count(distinct (i, l))::integer from "All Types"`)).toBe(ROWS);
    expect(await ask(`select count(distinct ac)::integer from "All Types"`)).toBe(2);
  });

  it("takes keys from parents, which are filled first, and does without them where it can", async () => {
    const left = await filled(`
      create table a_members (team integer, boss integer);
      create table z_teams (id integer, kind text, primary key (id, kind), leader integer);
      alter table a_members add column id serial primary key, add column kind text,
        add foreign key (team, kind) references z_teams, add foreign key (boss) references a_members (id);
      alter table z_teams add foreign key (leader) references a_members (id);
      create table b_pairs (one integer references a_members (id), other integer references a_members (id), primary key (one, other));
      create table c_single (id integer primary key references a_members (id))`);
    expect(left).toEqual([]);
    expect(await ask("select count(*)::integer from b_pairs")).toBe(ROWS);
    expect(await ask("select count(*)::integer from c_single")).toBe(ROWS);
  });

  it("satisfies checks on a column alone", async () => {
    const left = await filled(`
      create table t (id serial primary key, state text not null check (state in ('new', 'it''s done')),
        stars integer not null check (stars >= 1 and stars <= 5), percent numeric check (percent between 0 and 100), letters text check (length(letters) = 2))`);
    expect(left).toEqual([]);
    expect(await ask("select count(distinct state)::integer from t")).toBe(2);
    expect(await ask("select count(distinct stars)::integer from t")).toBe(5);
  });

  it("tells of each table that has fewer rows, and why", async () => {
    const left = await filled(`
      create table a_flags (flag boolean primary key);
      create table b_odd (thing pg_lsn not null);
      create table d_none (id integer check (false));
      create table e_child (id integer not null);
      create table f_parent (id integer primary key, thing pg_lsn not null);
      alter table e_child add foreign key (id) references f_parent;
      create table g_some (a integer, b integer, check (a + b > 30))`);
    expect(left).toEqual([
      { table: "a_flags", rows: 2, why: "its unique values ran out" },
      { table: "b_odd", rows: 0, why: "no value is known for its column thing, pg_lsn" },
      { table: "d_none", rows: 0, why: expect.stringMatching(/violates check constraint/) },
      { table: "f_parent", rows: 0, why: "no value is known for its column thing, pg_lsn" },
      { table: "e_child", rows: 0, why: "f_parent, which it refers to, has no rows" },
      { table: "g_some", rows: ROWS - 15, why: expect.stringMatching(/violates check constraint/) },
    ]);
  });

  it("leaves partitions to their parents, and Drizzle's journal alone", async () => {
    const left = await filled(`
      create table parts (id integer, at date) partition by list (id);
      create table parts_1 partition of parts for values in (1, 2, 3);
      create table parts_rest partition of parts default;
      create schema if not exists drizzle; create table if not exists drizzle.__drizzle_migrations (id serial, hash text not null)`);
    expect(left).toEqual([]);
    expect(await ask("select count(*)::integer from parts_1")).toBe(3);
    expect(await ask("select count(*)::integer from drizzle.__drizzle_migrations")).toBe(0);
  });
});
