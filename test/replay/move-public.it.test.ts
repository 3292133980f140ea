import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { movePublic } from "../../src/replay/move-public.ts";
import { isRefusedForContent } from "../../src/replay/refused.ts";
import { onDatabase } from "../../src/target/target.ts";
import { dumpSchema } from "../support/dump-schema.ts";
import { testTarget } from "../support/target.ts";

const SCHEMAS = `select coalesce(string_agg(nspname, ' ' order by nspname), '') as names from pg_namespace where nspname !~ '^(pg_|information_schema)'`;

describe("movePublic", () => {
  let server: Session;
  const owner = `it_move_owner_${process.pid}`;
  const database = `with_test_db_move_${process.pid}`;
  beforeAll(async () => {
    server = await openSession(await testTarget());
    await server.script(`drop role if exists ${owner}; create role ${owner} login createdb`);
  });
  afterAll(async () => {
    await server.script(`drop role ${owner}`);
    await server.close();
  });

  /** A session in a new database, of a role that may make databases and no more, or of the server's own. */
  async function inDatabase(sql: string, work: (session: Session) => Promise<void>, as?: string): Promise<void> {
    await server.script(`create database ${database} template template0 ${as ? `owner ${as}` : ""}`);
    const session = await openSession(onDatabase(server.target, database));
    try {
      if (as) await session.script(`set session authorization ${as}`);
      await session.script(`set search_path to public; ${sql}; set search_path to pg_catalog`);
      await work(session);
    } finally {
      await session.close();
      await server.script(`drop database ${database} with (force)`);
    }
  }

  const names = async (session: Session): Promise<unknown> =>
    (await session.rows<{ names: string }>(SCHEMAS))[0]?.names;

  it("renames it, and brings its extensions back", () =>
    inDatabase(
      `create extension citext; create extension hstore; create table t (a citext, b hstore default 'a=>1');
       revoke create on schema public from public; comment on schema public is 'ours'`,
      async (session) => {
        expect(await movePublic(session, "it_origin")).toBeUndefined();
        const [row] = await session.rows(
          `select (select string_agg(extnamespace::regnamespace::text, ',') from pg_extension where extname <> 'plpgsql') as extensions,
             (select string_agg(format_type(atttypid, null), ',' order by attnum) from pg_attribute where attrelid = 'it_origin.t'::regclass and attnum > 0) as types,
             obj_description('it_origin'::regnamespace) as comment, has_schema_privilege('pg_monitor', 'public', 'usage') as seen`,
        );
        const types = "public.citext,public.hstore";
        expect(row).toEqual({ extensions: "public,public", types, comment: "ours", seen: true });
      },
    ));

  it("needs no superuser, but for extensions: what these made belongs to one", () =>
    inDatabase(
      "create table t (id integer)",
      async (session) => {
        expect(await movePublic(session, "it_origin")).toBeUndefined();
        expect(await names(session)).toBe("it_origin public");
        await session.script(
          "create extension citext schema public; alter schema public rename to later; create schema public",
        );
        await session.script("drop schema public; alter schema later rename to public");
        expect(await movePublic(session, "it_then")).toMatch(
          /^the extension citext can't be moved to another schema: must be owner/,
        );
        expect(await names(session)).toBe("it_origin public");
      },
      owner,
    ));

  it("says why not where there is none, and leaves all as it was", () =>
    inDatabase("alter schema public rename to tenant", async (session) => {
      expect(await movePublic(session, "it_origin")).toMatch(/public can't be renamed: schema "public" does not exist/);
      expect(await names(session)).toBe("tenant");
    }));

  it("renames one that was made anew", () =>
    inDatabase("drop schema public; create schema public; create table t ()", async (session) => {
      expect(await movePublic(session, "it_origin")).toBeUndefined();
      expect(await names(session)).toBe("it_origin public");
    }));

  it("says which extension holds rows that all units would share", () =>
    inDatabase(
      "create extension citext; create table kept (id integer); alter extension citext add table kept",
      async (session) => {
        expect(await movePublic(session, "it_origin")).toBe(
          "the extension citext holds data of its own, in public.kept",
        );
        expect(await names(session)).toBe("public");
      },
    ));

  it("says which extension stays where it is", () =>
    inDatabase(
      "create extension citext; update pg_extension set extrelocatable = false where extname = 'citext'",
      async (session) => {
        expect(await movePublic(session, "it_origin")).toMatch(
          /^the extension citext can't be moved to another schema: /,
        );
        expect(await names(session)).toBe("public");
      },
    ));

  it("leaves a snapshot that policies forbid, which is a reason and no failure", () =>
    inDatabase(
      `create table notes (id integer); insert into notes values (1);
       alter table notes enable row level security, force row level security`,
      async (session) => {
        expect(await movePublic(session, "it_origin")).toBeUndefined();
        const target = { ...onDatabase(server.target, database), user: owner, password: undefined };
        await server.script(`alter role ${owner} password 'secret'`);
        const error = await dumpSchema({ ...target, password: "secret" }, "it_origin").catch(
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({
          code: "SNAPSHOT_FAILED",
          message: expect.stringContaining("row-level security"),
        });
        expect(isRefusedForContent(error)).toBe(true);
        const gone = await dumpSchema(onDatabase(server.target, "it_nowhere"), "public").catch(
          (thrown: unknown) => thrown,
        );
        expect(isRefusedForContent(gone)).toBe(false);
      },
      owner,
    ));
});
