/** The databases that we make: blueprints, and units with a database of their own. Each carries its owner's mark. */
import type { Session } from "../connections/session.ts";
import { failure } from "../sql/failure.ts";
import { ident, literal, shellWord } from "../sql/identifiers.ts";
import { identifierName, tokenize } from "../sql/lexer.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget } from "../target/target.ts";

/** What the comment on a database of ours begins with; JSON follows. */
export const MARK = "with-test-db";

/** What every database of ours says of itself, readable from any other database of the server. */
export interface Mark {
  readonly what: "blueprint" | "unit";
  /** The database whose control schema has its record. */
  readonly target: string;
  readonly fingerprint: string;
  /** The number of the lock that whoever made it holds while it is alive, in that database. */
  readonly holder: number;
}

/** An empty database with the encoding and the locale of the session's own, so that text sorts and compares as there. */
export async function createEmptyDatabase(session: Session, name: string, mark: Mark): Promise<void> {
  const [own] = await session.rows<{ options: Record<string, string> }>(
    `select jsonb_strip_nulls(jsonb_build_object(
              'encoding', pg_encoding_to_char(encoding), 'lc_collate', datcollate, 'lc_ctype', datctype,
              'locale_provider', case datlocprovider when 'i' then 'icu' when 'b' then 'builtin' end,
              'icu_locale', case datlocprovider when 'i' then coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale') end,
              'builtin_locale', case datlocprovider when 'b' then to_jsonb(d) ->> 'datlocale' end,
              'icu_rules', to_jsonb(d) ->> 'daticurules')) as options
       from pg_database d where datname = current_database()`,
  );
  const options = Object.entries(own?.options ?? {}).map(([option, value]) => `${option} ${literal(value)}`);
  await createDatabase(session, name, ["template template0", ...options].join(" "), mark);
}

/** A copy of a blueprint. Nobody may be connected to it; nobody is, but who makes its replay. */
export async function cloneDatabase(session: Session, name: string, template: string, mark: Mark): Promise<void> {
  await createDatabase(session, name, `template ${ident(template)}`, mark);
  await copySettings(session, name, template);
}

/** Settings that are lists of names: each is a literal of its own. */
const NAME_LISTS = new Set(["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"]);

/** What belongs to a database and is no part of a copy: its settings, its roles' settings in it, and rights on it. */
async function copySettings(session: Session, name: string, template: string): Promise<void> {
  const settings = await session.rows<{ role: string | null; setting: string; value: string }>(
    `select nullif(s.setrole, 0)::regrole::text as role, split_part(c, '=', 1) as setting, substr(c, strpos(c, '=') + 1) as value
       from pg_db_role_setting s, unnest(s.setconfig) c
      where s.setdatabase = (select oid from pg_database where datname = $1::text)`,
    [template],
  );
  for (const { role, setting, value } of settings) {
    const whose = role === null ? `database ${ident(name)}` : `role ${role} in database ${ident(name)}`;
    const names = NAME_LISTS.has(setting) ? tokenize(value).flatMap((token) => identifierName(token) ?? []) : [value];
    await session.script(`alter ${whose} set ${ident(setting)} to ${names.map(literal).join(", ") || "''"}`);
  }
  const grants = await session.rows<{ grantee: string; privilege: string; grantable: boolean }>(
    `select case a.grantee when 0 then 'public' else a.grantee::regrole::text end as grantee,
            a.privilege_type as privilege, a.is_grantable as grantable
       from pg_database d, aclexplode(d.datacl) a where d.datname = $1::text`,
    [template],
  );
  if (grants.length === 0) return;
  await session.script(`revoke all on database ${ident(name)} from public`);
  for (const { grantee, privilege, grantable } of grants) {
    await session.script(
      `grant ${privilege} on database ${ident(name)} to ${grantee}${grantable ? " with grant option" : ""}`,
    );
  }
}

async function createDatabase(session: Session, name: string, options: string, mark: Mark): Promise<void> {
  try {
    const [made] = await session.rows<{ targetOid: string; madeAt: string }>(
      `select oid::text as "targetOid", extract(epoch from now())::bigint::text as "madeAt"
         from pg_database where datname = current_database()`,
    );
    const text = `${MARK} ${JSON.stringify({ ...mark, ...made })}`;
    // each is a transaction of its own, but the second does not wait for the first's answer
    await Promise.all([
      session.script(`create database ${ident(name)} ${options}`),
      session.script(`comment on database ${ident(name)} is ${literal(text)}`),
    ]);
  } catch (error) {
    if (postgresError(error)?.code !== SQLSTATE.insufficientPrivilege) throw error;
    const { user } = session.target;
    throw failure(
      "PRIVILEGE_MISSING",
      {
        what: `The user ${user} may not create databases on ${describeTarget(session.target)}`,
        why: "migrations run verbatim in a private database first, so that units hold exactly what they make",
        next: `psql -c ${shellWord(`alter role ${ident(user)} createdb`)}`,
      },
      error,
    );
  }
}

/** Drops a database of ours; with whoever is connected to it, unless that is to count. */
export function dropDatabase(session: Session, name: string, how?: { readonly evenIfUsed: boolean }): Promise<void> {
  const force = how?.evenIfUsed === false ? "" : " with (force)";
  return session.script(`drop database if exists ${ident(name)}${force}`);
}
