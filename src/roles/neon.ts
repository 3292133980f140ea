/** What a database on Neon has, once its Data API is on, before the first migration: roles, grants, the schema `auth` with its functions. */
import { type PlatformStep, platformStep } from "./platform-step.ts";
import { rolesSql } from "./role-sql.ts";

const CLAIMS = "nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb";
/** A claim that is a text; any other is none. */
const SUB = `select case pg_catalog.jsonb_typeof(${CLAIMS} -> 'sub') when 'string' then ${CLAIMS} ->> 'sub' end`;
const UUID = "'^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'";

/**
 * The roles `authenticated` and `anonymous`, neither of which logs in; `auth.user_id()`, `auth.uid()`, `auth.session()` and `auth.jwt()`,
 * as the extension `pg_session_jwt` has them, which read what `as({ claims })` sets; and the Data API's grants: `authenticated` may read
 * and write every table, within its policies. The user has to be allowed to make roles where these are not there yet.
 *
 * @example
 * ```ts
 * import { neon } from "with-test-db/roles";
 *
 * const testDb = await withTestDb({ schema, migrationsFolder, prepare: neon });
 * await testDb.as({ role: "authenticated", claims: { sub: "user_1" } }, (db) => db.select().from(notes));
 * ```
 */
export const neon: PlatformStep = platformStep(
  "neon",
  `${rolesSql(["authenticated", "anonymous"].map((name) => ({ name, attributes: ["nologin"], isSubject: true })))}
grant usage on schema public to authenticated, anonymous;
alter default privileges in schema public grant select, insert, update, delete on tables to authenticated;
alter default privileges in schema public grant usage, select on sequences to authenticated;

do $auth$
begin
  -- the named database's own, where that is on Neon
  if not exists (select from pg_catalog.pg_extension where extname = 'pg_session_jwt') then
    create schema auth;
    create function auth.session() returns pg_catalog.jsonb language sql stable as $body$
      select coalesce(${CLAIMS}, 'null')
    $body$;
    create function auth.jwt() returns pg_catalog.jsonb language sql stable as $body$ select auth.session() $body$;
    create function auth.user_id() returns pg_catalog.text language sql stable as $body$ ${SUB} $body$;
    create function auth.uid() returns pg_catalog.uuid language sql stable as $body$
      select case when auth.user_id() ~ ${UUID} then auth.user_id()::pg_catalog.uuid end
    $body$;
  end if;
  grant usage on schema auth to authenticated, anonymous;
end $auth$;`,
);
