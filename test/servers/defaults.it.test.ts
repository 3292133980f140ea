import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { ident, literal } from "../../src/sql/identifiers.ts";
import type { Target } from "../../src/target/target.ts";
import { findBinaries, LONG_RUN_MAJORS, startServer, type TestServer } from "../support/servers.ts";
import { type Conformance, conforms } from "./conformance.ts";

interface Unusual {
  readonly settings: Readonly<Record<string, string>>;
  /** What a user has to say on such a server to be able to work at all. */
  readonly connection?: Conformance["connection"];
  readonly since?: number;
}

/** Set for the role and for the database. */
const UNUSUAL: Readonly<Record<string, Unusual>> = {
  "a search_path that leads to decoys": { settings: { search_path: "decoys, public" } },
  "an empty search_path": { settings: { search_path: "" } },
  "dates and intervals of another style": {
    settings: { DateStyle: "German, DMY", IntervalStyle: "sql_standard", TimeZone: "Asia/Kathmandu" },
  },
  "strings in which a backslash escapes": {
    settings: { standard_conforming_strings: "off", backslash_quote: "on", escape_string_warning: "off" },
  },
  "other printing": {
    settings: { bytea_output: "escape", extra_float_digits: "-15", quote_all_identifiers: "on", lc_monetary: "C" },
  },
  "another encoding for clients": {
    settings: { client_encoding: "LATIN1" },
    // postgres.js reads and writes UTF-8, and says so by itself
    connection: {},
  },
  "XML documents only": { settings: { xmloption: "document" }, connection: { xmloption: "content" } },
  "timeouts that are over at once": {
    settings: {
      statement_timeout: "1ms",
      lock_timeout: "1ms",
      idle_in_transaction_session_timeout: "1ms",
      idle_session_timeout: "1ms",
    },
    connection: {
      statement_timeout: "0",
      lock_timeout: "0",
      idle_in_transaction_session_timeout: "0",
      idle_session_timeout: "0",
    },
  },
  "a timeout for transactions": {
    settings: { transaction_timeout: "300ms" },
    connection: { transaction_timeout: "0" },
    since: 17,
  },
  "serializable transactions": {
    settings: { default_transaction_isolation: "serializable", default_transaction_deferrable: "on" },
  },
  "transactions that only read": {
    settings: { default_transaction_read_only: "on" },
    connection: { default_transaction_read_only: "off" },
  },
  "row security off, and bodies of functions unchecked": {
    settings: { row_security: "off", check_function_bodies: "off", array_nulls: "off", transform_null_equals: "on" },
    connection: { array_nulls: "on" },
  },
  "relations that restrict_nonsystem_relation_kind hides": {
    settings: { restrict_nonsystem_relation_kind: "view,foreign-table" },
    connection: { restrict_nonsystem_relation_kind: " " },
  },
  "a planner that does everything otherwise": {
    settings: {
      enable_seqscan: "off",
      enable_hashjoin: "off",
      jit: "on",
      jit_above_cost: "0",
      plan_cache_mode: "force_generic_plan",
    },
  },
};

describe.skipIf(!isIntegrationEnabled()).each(LONG_RUN_MAJORS)("unusual defaults on PostgreSQL %s", (major) => {
  const binaries = findBinaries(major);
  if ("missing" in binaries) {
    it.skip(`are not tried: ${binaries.missing}`);
    return;
  }
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ major });
  });
  afterAll(() => server?.stop());

  let made = 0;
  /** A database of a user's who may make others. */
  async function place({ role = "createdb", options = "" } = {}): Promise<Target> {
    const { admin } = server;
    const user = `user_${++made}`;
    const database = `base_${made}`;
    await admin.script(`create role ${user} login password 'secret' ${role}`);
    await admin.script(`create database ${database} ${options}`);
    await admin.script(`grant create on database ${database} to ${user}`);
    return { ...server.target, user, password: "secret", database };
  }

  /** Runs as the superuser in a database. */
  async function inside<T>({ database }: Target, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await openSession({ ...server.target, database }, { search_path: "public" });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  it.each(Object.entries(UNUSUAL))("%s", async (_, { settings, connection = {}, since = 0 }) => {
    if (Number(major) < since) return;
    const target = await place();
    for (const [name, value] of Object.entries(settings)) {
      // a search_path is a list of names, not one name with commas in it
      const to = name === "search_path" && value !== "" ? value : literal(value);
      await server.admin.script(`alter role ${target.user} set ${name} to ${to}`);
      await server.admin.script(`alter database ${target.database} set ${name} to ${to}`);
    }
    await conforms(server.admin, target, { connection });
  });

  it("a tablespace of its own for all that is made", async () => {
    const location = `${server.socketFolder}-tablespace`;
    mkdirSync(location);
    server.own(location);
    await server.admin.script(`create tablespace elsewhere location ${literal(location)}`);
    const target = await place();
    await server.admin.script(
      `grant create on tablespace elsewhere to ${target.user}; alter role ${target.user} set default_tablespace to elsewhere`,
    );
    await conforms(server.admin, target);
  });

  it("triggers that are off, for a superuser", async () => {
    const target = await place({ role: "superuser" });
    await server.admin.script(`alter role ${target.user} set session_replication_role to replica`);
    await conforms(server.admin, target, { connection: { session_replication_role: "origin" } });
  });

  it("event triggers that log", async () => {
    const target = await place();
    await inside(target, (session) =>
      session.script(`
        create table ddl_log (tag text);
        create function log_ddl() returns event_trigger language plpgsql security definer set search_path = public as
          $$ begin insert into ddl_log values (tg_tag); end $$;
        create event trigger log_ddl on ddl_command_end execute function log_ddl();
        create event trigger log_drop on sql_drop execute function log_ddl();`),
    );
    await conforms(server.admin, target);
  });

  describe("encodings and locales", () => {
    it.each([
      ["LATIN1", "encoding 'LATIN1' locale 'C'"],
      ["SQL_ASCII", "encoding 'SQL_ASCII' locale 'C'"],
      ["UTF8 with the locale C", "encoding 'UTF8' locale 'C'"],
      ["UTF8 with the locale C.UTF-8", "encoding 'UTF8' locale 'C.UTF-8'"],
      ["ICU", "encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'de-u-co-phonebk'"],
      ...(major === 18
        ? [
            [
              "ICU with rules",
              "encoding 'UTF8' locale 'C' locale_provider icu icu_locale 'en' icu_rules '& V << w <<< W'",
            ],
            ["the builtin provider", "encoding 'UTF8' locale 'C' locale_provider builtin builtin_locale 'C.UTF-8'"],
          ]
        : []),
    ])("%s", async (_, options) => {
      const target = await place({ options: `template template0 ${options}` });
      await conforms(server.admin, target);
    });
  });

  describe("what the target holds beside us", () => {
    const DECOYS = `
      create type mood as enum ('wrong');
      create table owners (id integer, name text, mood mood);
      create table "Cats" (id integer, owner text);
      create view cat_counts as select 'wrong' as name, 0 as cats;
      create function count_cats(o integer) returns bigint language sql as 'select -1::bigint';
      create function touch() returns trigger language plpgsql as 'begin raise exception ''wrong''; end';
      create domain path as integer;
      insert into owners values (1, 'wrong', 'wrong');
      create table other (id serial primary key, note text default 'public.other');
      insert into other select;`;

    it("tables of the same names are neither seen nor touched", async () => {
      const target = await place();
      await inside(target, (session) => session.script(DECOYS));
      await server.admin.script(`grant usage, create on schema public to ${target.user}`).catch(() => {});
      const state = () =>
        inside(target, (session) =>
          session.rows(
            `select c.relname::text, c.xmin::text, c.relfilenode::text, (select string_agg(o::text || o.xmin, ',') from owners o) as owners,
                    (select last_value from other_id_seq)::text as sequence
               from pg_class c where relnamespace = 'public'::regnamespace order by 1`,
          ),
        );
      const before = await state();
      await conforms(server.admin, target);
      expect(await state()).toEqual(before);
    });

    // the role is no superuser, and so can't move what belongs to one: docs/limits.md
    it("its extensions in public are used, beside other tables, which are not", async () => {
      const target = await place();
      await inside(target, (session) => session.script(`create extension citext schema public; ${DECOYS}`));
      await conforms(server.admin, target, { isolations: ["database"] });
    });

    it("its extensions in a schema with an awkward name are used there", async () => {
      const target = await place();
      const schema = ident(`Ext "ü" public.`);
      await inside(target, (session) =>
        session.script(
          `create schema ${schema}; create extension citext schema ${schema}; grant usage on schema ${schema} to public`,
        ),
      );
      await conforms(server.admin, target);
    });
  });
});
