/** What a project on Supabase has before its first migration: roles, the schema `auth` with its functions, the schema `extensions`. */
import { type PlatformStep, platformStep } from "./platform-step.ts";
import { type PlatformRole, rolesSql } from "./role-sql.ts";

/** Those that requests have. */
const API_ROLES = "anon, authenticated, service_role";

const ROLES: readonly PlatformRole[] = [
  { name: "anon", attributes: ["nologin"], isSubject: true },
  { name: "authenticated", attributes: ["nologin"], isSubject: true },
  { name: "service_role", attributes: ["nologin", "bypassrls"] },
  {
    name: "authenticator",
    attributes: ["nologin", "noinherit"],
    takes: ["anon", "authenticated", "service_role"],
  },
  // of grants and policies that migrations write for the platform's own services
  ...["supabase_admin", "supabase_auth_admin"].map((name): PlatformRole => ({ name, attributes: ["nologin"] })),
];

const claim = (name: string): string =>
  `coalesce(nullif(pg_catalog.current_setting('request.jwt.claim.${name}', true), ''),
           nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb ->> '${name}')`;

/**
 * The roles `anon`, `authenticated`, `service_role`, `authenticator`, `supabase_admin` and `supabase_auth_admin`, none of which logs in;
 * `auth.uid()`, `auth.role()`, `auth.email()` and `auth.jwt()`, which read what `as({ claims })` sets; and the schema `extensions`, with
 * `pgcrypto` and `uuid-ossp` where the server has them. Tables are granted to nobody: what Supabase grants to new tables since October
 * 2026. The user has to be a superuser where the roles are not there yet.
 *
 * @example
 * ```ts
 * import { supabase } from "with-test-db/roles";
 *
 * const testDb = await withTestDb({ schema, migrationsFolder, prepare: supabase });
 * await testDb.as({ role: "authenticated", claims: { sub: ada.id } }, (db) => db.select().from(notes));
 * ```
 */
export const supabase: PlatformStep = platformStep(
  "supabase",
  `${rolesSql(ROLES)}
grant usage on schema public to ${API_ROLES};

create schema auth;
grant usage on schema auth to ${API_ROLES}, supabase_auth_admin;
create function auth.uid() returns pg_catalog.uuid language sql stable as $body$
  select ${claim("sub")}::pg_catalog.uuid
$body$;
create function auth.role() returns pg_catalog.text language sql stable as $body$
  select ${claim("role")}
$body$;
create function auth.email() returns pg_catalog.text language sql stable as $body$
  select ${claim("email")}
$body$;
create function auth.jwt() returns pg_catalog.jsonb language sql stable as $body$
  select coalesce(nullif(pg_catalog.current_setting('request.jwt.claim', true), ''),
                  nullif(pg_catalog.current_setting('request.jwt.claims', true), ''))::pg_catalog.jsonb
$body$;

create schema if not exists extensions;
grant usage on schema extensions to ${API_ROLES};
do $extensions$
declare
  extension record;
begin
  for extension in
    select name from pg_catalog.pg_available_extensions where name in ('pgcrypto', 'uuid-ossp')
  loop
    execute pg_catalog.format('create extension if not exists %I with schema extensions', extension.name);
  end loop;
end $extensions$;`,
);

/**
 * What Supabase granted to every new table, function and sequence before October 2026: everything, to `anon`, `authenticated` and
 * `service_role`. For projects whose migrations have no grants, since they count on that; it hides a grant that is missing in a new one.
 *
 * @example
 * ```ts
 * prepare: [supabase, supabaseGrants]
 * ```
 */
export const supabaseGrants: PlatformStep = platformStep(
  "supabaseGrants",
  ["tables", "functions", "sequences"]
    .map((what) => `alter default privileges in schema public grant all on ${what} to ${API_ROLES};`)
    .join("\n"),
);

/**
 * The table `auth.users`, for migrations that refer to it or put a trigger on it. Units share no table, and so each is a database.
 *
 * @example
 * ```ts
 * prepare: [supabase, supabaseUsers]
 * ```
 */
export const supabaseUsers: PlatformStep = platformStep(
  "supabaseUsers",
  `create table auth.users (
  instance_id uuid,
  id uuid primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique,
  phone_confirmed_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  banned_until timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);
create unique index users_email_partial_key on auth.users (email) where not is_sso_user;
grant all on auth.users to supabase_auth_admin;`,
);
