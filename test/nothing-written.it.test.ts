/** Nothing is written into the database that is named: not its catalog, its rows or its comments, whatever the call, and whoever calls. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../src/connections/session.ts";
import { isIntegrationEnabled, withTestDb } from "../src/index.ts";
import { sweep } from "../src/janitor/sweep.ts";
import { withTestDb as withNodePostgres } from "../src/pg.ts";
import { ident } from "../src/sql/identifiers.ts";
import { targetUrl } from "../src/target/connection-url.ts";
import type { Target } from "../src/target/target.ts";
import { journalFolder } from "./support/migrations.ts";
import { type OwnDatabase, openOwnDatabase } from "./support/own-database.ts";

const ID = Date.now().toString(36);
const ROLE = `it_writes_nothing_${ID}`;
const program = fileURLToPath(new URL("../dist/cli.mjs", import.meta.url));

/** What somebody may have in the database; `public` has what the migrations make, under the same names. */
const THEIRS = `
  create table t (id serial primary key, name text default 'theirs', made text) with (autovacuum_enabled = off);
  insert into t (made) select generate_series(1, 100);
  create schema tenant;
  create table tenant.notes (id bigint generated always as identity, body text) with (autovacuum_enabled = off);
  insert into tenant.notes (body) values ('keep');
  create view seen as select * from t;
  create materialized view counted as select count(*) from t;
  create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger touch before update on t for each row execute function touch();
  alter default privileges grant select on tables to public;
  create publication everything for all tables;
  comment on schema public is 'theirs';
  select lo_create(4711);
  analyze`;

/** Statistics that are written by reading, too. */
const READ = ["pg_statistic", "pg_statistic_ext_data"];

/** SQL: a row of `pg_class`, but for how large a relation is, which autovacuum notes in any database when it likes. */
const CLASS = "(to_jsonb(r) - '{relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid}'::text[])::text";

interface Picture {
  readonly relations: Readonly<Record<string, unknown>>;
  readonly state: unknown;
  readonly counters: unknown;
}

describe.skipIf(!isIntegrationEnabled())("in the database that is named", () => {
  let own: OwnDatabase;
  let session: Session;
  beforeAll(async () => {
    own = await openOwnDatabase(`it_named_${ID}`);
    session = own.session;
    await session.script(`set search_path to public; ${THEIRS}; reset search_path`);
    await session.script(`create role ${ROLE} login createdb password 'known'`);
    await session.script("vacuum (freeze, analyze)");
  });
  afterAll(async () => {
    const owned = await own.server.rows<{ name: string }>(
      "select datname as name from pg_database where pg_get_userbyid(datdba) = $1::text",
      [ROLE],
    );
    for (const { name } of owned) await own.server.script(`drop database ${ident(name)} with (force)`);
    await own.server.script(`drop role ${ROLE}`);
    await own.drop();
  });

  /** The contents of every relation of the database, its catalogs included, with who wrote each row; and what it counts. */
  async function picture(): Promise<Picture> {
    const relations = await session.rows<{ name: string; kind: string }>(
      `select c.oid::regclass::text as name, c.relkind as kind from pg_class c
        where c.relkind in ('r', 'm', 'S') and not c.relisshared and c.relpersistence <> 't' and c.relname <> all ($1::text::name[])
        order by 1`,
      [`{${READ.join(",")}}`],
    );
    const hashes: Record<string, unknown> = {};
    for (const { name, kind } of relations) {
      const [row] = await session.rows(
        kind === "S"
          ? `select * from ${name}`
          : `select count(*)::int as rows, md5(coalesce(string_agg(concat(r.xmin, ' ', r.ctid, ' ', ${name === "pg_class" ? CLASS : "r::text"}), ';' order by r.ctid), '')) as hash from ${name} r`,
      );
      hashes[name] = row;
    }
    const [state] = await session.rows(
      `select d.datacl, d.datdba, d.datconnlimit, shobj_description(d.oid, 'pg_database') as comment,
              (select to_jsonb(array_agg(s)) from pg_db_role_setting s where s.setdatabase = d.oid) as settings,
              (select count(*)::int from pg_largeobject_metadata) as large_objects
         from pg_database d where d.datname = current_database()`,
    );
    return { relations: hashes, state, counters: await counters() };
  }

  /** What the server counted as written, once every session has told it. */
  async function counters(): Promise<unknown> {
    const others = "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    await expect.poll(() => session.rows(others), { timeout: 15_000, interval: 25 }).toEqual([]);
    await session.rows("select pg_stat_force_next_flush()");
    await session.rows("select pg_stat_clear_snapshot()");
    const [row] = await session.rows(
      // what autovacuum notes of rows is the server's own doing
      `select d.tup_inserted - s.n_tup_ins as inserted, d.tup_updated - s.n_tup_upd as updated, d.tup_deleted - s.n_tup_del as deleted,
              d.conflicts, d.temp_files, d.temp_bytes, d.deadlocks
         from pg_stat_database d, pg_stat_sys_tables s where d.datname = current_database() and s.relname = 'pg_statistic'`,
    );
    return row;
  }

  const superuser = (): Target => own.target;
  const nobodySpecial = (): Target => ({ ...own.target, user: ROLE, password: "known" });

  describe.each([
    { who: "a superuser", as: superuser },
    { who: "a role that may log in and create databases, and nothing else", as: nobodySpecial },
  ])("nothing is written by $who", ({ as }) => {
    const migrationsFolder = journalFolder({
      "0000_t": `CREATE TYPE "mood" AS ENUM ('calm');--> statement-breakpoint
        CREATE TABLE "t" ("id" serial PRIMARY KEY, "mood" "mood", "made" text);--> statement-breakpoint
        INSERT INTO "t" ("made") VALUES ('${ID}');`,
    });
    const broken = journalFolder({
      "0000_t": `CREATE TABLE "t" ("id" serial);--> statement-breakpoint ALTER TABLE "nowhere" ADD COLUMN "x" integer;`,
    });
    const options = (more: object = {}) => ({ schema: {}, migrationsFolder, url: targetUrl(as()), ...more });
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      "the first call of all": () => withTestDb(options(), ({ client }) => client`insert into t (made) values ('x')`),
      "a warm call": () => withTestDb(options(), ({ client }) => client`update t set made = 'x'`),
      "a call by node-postgres": () =>
        withNodePostgres(options(), ({ client }) => client.query("insert into t (made) values ('x')")),
      "a database": () =>
        withTestDb(options({ isolation: "database" }), ({ client }) => client`insert into t (made) values ('x')`),
      "a warm database": () => withTestDb(options({ isolation: "database" }), ({ client }) => client`delete from t`),
      "reset(), after rows and after DDL": () =>
        withTestDb(options(), async ({ client, reset }) => {
          await client`delete from t`;
          await reset();
          await client`create table more (id integer)`;
          await reset();
        }),
      "rollback()": () =>
        withTestDb(options(), ({ rollback }) => rollback((db) => db.execute("insert into t (made) values ('x')"))),
      "prepare and seed": () =>
        withTestDb(
          options({
            prepare: {
              key: ID,
              run: ({ client }: { client: import("postgres").Sql }) => client`create table before (id integer)`,
            },
            seed: {
              key: ID,
              run: ({ client }: { client: import("postgres").Sql }) => client`insert into t (made) values ('seed')`,
            },
          }),
          () => {},
        ),
      "a unit that is kept": async () => {
        for (const isolation of ["schema", "database"])
          await (await withTestDb(options({ isolation, keep: true }))).dispose();
        const sweeping = await openSession(as());
        await sweep(sweeping, { minAge: 0, freeAge: 0, secondLookAfter: 0 });
        await sweeping.close();
      },
      "a unit that is not used again": () => withTestDb(options({ reuse: false }), () => {}),
      "what a test makes outside of its unit": () =>
        withTestDb(options(), ({ client }) => client`create schema elsewhere`),
      "migrations that fail": () =>
        expect(withTestDb(options({ migrationsFolder: broken }))).rejects.toMatchObject({ code: "MIGRATION_FAILED" }),
      "a sweep": async () => {
        const sweeping = await openSession(as());
        await sweep(sweeping, { minAge: 0, secondLookAfter: 0 });
        await sweeping.close();
      },
      "the command line: status, and a sweep of all": async () => {
        for (const command of [["status"], ["sweep", "--all"]]) {
          const { status, stderr } = spawnSync(process.execPath, [program, ...command, "--url", targetUrl(as())], {
            encoding: "utf8",
          });
          expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        }
      },
      "a call after everything was swept": () => withTestDb(options(), () => {}),
    };

    it.each(Object.entries(calls))("%s", { timeout: 60_000 }, async (_, call) => {
      const before = await picture();
      expect(Object.keys(before.relations).length).toBeGreaterThan(50);
      await call();
      expect(await picture()).toEqual(before);
    });
  });
});
