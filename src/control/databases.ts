/** The databases that we make: homes, templates, units with a database of their own, and standing ones. Each bears our mark, as its comment. */
import type { Session } from "../connections/session.ts";
import { failure } from "../sql/failure.ts";
import { ident, literal, shellWord } from "../sql/identifiers.ts";
import { identifierName, tokenize } from "../sql/lexer.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget } from "../target/target.ts";
import { wallClock } from "../timers.ts";

/** What every database of ours says of itself, readable from any other database of the server. */
export interface Mark {
  readonly what: "building" | "home" | "template" | "unit" | "standing" | "unfinished" | "rehearsal" | "kept";
  /** The home whose records tell of it; its own name where it is a home, or becomes one, or is alone; empty for a standing database. */
  readonly home: string;
  /** The key of the migrations folder that it was made for; empty for a unit. */
  readonly folder: string;
  /** The key of the database that was named; empty for a unit. */
  readonly beside: string;
  /** What went into a standing database beside the migrations: a key. */
  readonly steps?: string;
}

/** What a home is made for. */
export type MadeFor = Pick<Mark, "folder" | "beside">;

/** SQLSTATEs of a database that is no home yet, or that nobody can connect to: it was being dropped when the server crashed. */
export const NOT_WHOLE: readonly string[] = [
  SQLSTATE.undefinedTable,
  SQLSTATE.schemaDoesNotExist,
  SQLSTATE.notInPrerequisiteState,
];

/** What the comment on a database of ours begins with; JSON follows. */
export const MARK = "with-test-db";

/**
 * A database can't be made and marked in one transaction. Until it has its mark, its connection limit says that it is ours, and when
 * it was made: so many seconds after 2026 began, over a number that nobody means. It is there from the first moment, and no copy's.
 */
const UNMARKED = 1_000_000_000;
const EPOCH = Date.UTC(2026) / 1000;
const limitNow = (): number => UNMARKED + Math.max(1, Math.floor(wallClock() / 1000 - EPOCH));

/**
 * SQL: databases of this role with their marks. A comment proves nothing alone: the database has to belong to this role, and the mark
 * has to be its own, since copies and restored dumps come with a comment, too. What was not marked before its maker or the
 * server died is being built, and so is what was being dropped: nobody can connect to it any more.
 */
const MARKED: string = `
  select d.datname as name, d.oid, o.*
    from pg_database d,
         lateral (select shobj_description(d.oid, 'pg_database') as comment) c,
         lateral (select case when c.comment ~ '^${MARK} \\{("[a-zA-Z]+":("[a-z0-9_]*"|[0-9]+)[,}])+$' then substr(c.comment, ${MARK.length + 2})::jsonb end as mark) m,
         lateral (select m.mark ->> 'what' as what, m.mark ->> 'home' as home, m.mark ->> 'folder' as folder, m.mark ->> 'beside' as beside, m.mark ->> 'steps' as steps,
                         (m.mark ->> 'madeAt')::float8 as made_at
                   where m.mark ->> 'oid' = d.oid::text
                  union all
                  select 'building', replace(d.datname, 'it_template_', 'it_home_'), '', '', null,
                         case when d.datconnlimit = -2 then 0 else d.datconnlimit - ${UNMARKED} + ${EPOCH} end
                   where c.comment is null and (d.datconnlimit = -2 or d.datconnlimit > ${UNMARKED})) o
   where pg_get_userbyid(d.datdba) = current_user`;

/** SQL: databases of ours that nobody named, and that a sweep may drop (name, oid, what, home, folder, beside, made_at). */
export const OUR_DATABASES: string = `${MARKED} and d.datname like 'it\\_%' and o.what not in ('standing', 'unfinished')`;

/**
 * SQL: databases that somebody named and we made, to stay (name, oid, what, folder, beside, steps). No sweep drops them. What nobody marked
 * counts by its connection limit alone: another's may be on the point of being dropped, too.
 */
export const STANDING_DATABASES: string = `${MARKED} and d.datname not like 'it\\_%'
     and (o.what in ('standing', 'unfinished') or c.comment is null and d.datconnlimit > ${UNMARKED})`;

/** Whether the database is there, and ours. */
export async function findDatabase(session: Session, name: string): Promise<"ours" | "somebody's" | undefined> {
  const [row] = await session.rows<{ whose: "ours" | "somebody's" }>(
    `select case when exists (select from (${OUR_DATABASES}) as o where o.name = d.datname) then 'ours' else 'somebody''s' end as whose
       from pg_database d where d.datname = $1::text`,
    [name],
  );
  return row?.whose;
}

/**
 * An empty database with the encoding, the locale and the settings of the session's own, so that text sorts and compares as
 * there, and migrations find what they are used to.
 */
export async function createEmptyDatabase(session: Session, name: string, mark: Mark): Promise<void> {
  const [own] = await session.rows<{ name: string; options: Record<string, string> }>(
    `select datname as name, jsonb_strip_nulls(jsonb_build_object(
              'encoding', pg_encoding_to_char(encoding), 'lc_collate', datcollate, 'lc_ctype', datctype,
              'locale_provider', case datlocprovider when 'i' then 'icu' when 'b' then 'builtin' end,
              'icu_locale', case datlocprovider when 'i' then coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale') end,
              'builtin_locale', case datlocprovider when 'b' then to_jsonb(d) ->> 'datlocale' end,
              'icu_rules', to_jsonb(d) ->> 'daticurules')) as options
       from pg_database d where datname = current_database()`,
  );
  const options = Object.entries(own?.options ?? {}).map(([option, value]) => `${option} ${literal(value)}`);
  await createDatabase(session, name, ["template template0", ...options].join(" "), mark);
  await copySettings(session, name, own?.name as string);
}

const CLONE_ATTEMPTS = 3;

/** A copy of a template, to which nobody may be connected. */
export async function cloneDatabase(session: Session, name: string, template: string, mark: Mark): Promise<void> {
  const options = `template ${ident(template)}${await fastestStrategy(session)}`;
  for (let attempt = 1; ; attempt++) {
    try {
      await createDatabase(session, name, options, mark);
      break;
    } catch (error) {
      // autovacuum may be in it, and Postgres copies no database with somebody in it
      if (attempt === CLONE_ATTEMPTS || postgresError(error)?.code !== SQLSTATE.objectInUse) throw error;
    }
  }
  await copySettings(session, name, template);
  await copyGrants(session, name, template);
}

/**
 * Copying files needs two checkpoints, which cost next to nothing where durability is off, and much where it is on. Since
 * PostgreSQL 18 the file system may share the blocks, where it can.
 */
async function fastestStrategy(session: Session): Promise<string> {
  const [row] = await session.rows<{ durable: boolean }>(
    `select current_setting('fsync')::boolean as durable,
            case when not current_setting('fsync')::boolean and current_setting('file_copy_method', true) is not null
                 then set_config('file_copy_method', 'clone', false) end as method`,
  );
  return row && !row.durable ? " strategy file_copy" : "";
}

/** Renames it, and marks it, in one transaction. Nobody may be connected to it. What is in it stays as it is. */
export const renameDatabase = (session: Session, name: string, newName: string, mark: Mark): Promise<void> =>
  session.script(`alter database ${ident(name)} rename to ${ident(newName)}; ${marking(newName, mark)}`);

/** Settings that are lists of names: each is a literal of its own. */
const NAME_LISTS = new Set(["search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries"]);

/** Settings belong to a database, and are no part of a copy: its own, and its roles' in it. */
async function copySettings(session: Session, name: string, from: string): Promise<void> {
  const settings = await session.rows<{ role: string | null; setting: string; value: string }>(
    `select nullif(s.setrole, 0)::regrole::text as role, split_part(c, '=', 1) as setting, substr(c, strpos(c, '=') + 1) as value
       from pg_db_role_setting s, unnest(s.setconfig) c
      where s.setdatabase = (select oid from pg_database where datname = $1::text)`,
    [from],
  );
  for (const { role, setting, value } of settings) {
    const whose = role === null ? `database ${ident(name)}` : `role ${role} in database ${ident(name)}`;
    const names = NAME_LISTS.has(setting) ? tokenize(value).flatMap((token) => identifierName(token) ?? []) : [value];
    await session.script(`alter ${whose} set ${ident(setting)} to ${names.map(literal).join(", ") || "''"}`);
  }
}

/** Neither are rights on it. */
async function copyGrants(session: Session, name: string, template: string): Promise<void> {
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
    // each is a transaction of its own, but the second does not wait for the first's answer
    await Promise.all([
      session.script(`create database ${ident(name)} ${options} connection limit ${limitNow()}`),
      session.script(`${marking(name, mark)}; alter database ${ident(name)} connection limit -1`),
    ]);
  } catch (error) {
    if (postgresError(error)?.code !== SQLSTATE.insufficientPrivilege) throw error;
    const { user } = session.target;
    throw failure(
      "PRIVILEGE_MISSING",
      {
        what: `The user ${user} may not create databases on ${describeTarget(session.target)}`,
        why: "units live in databases of our own, so that nothing is written into yours",
        next: `psql -c ${shellWord(`alter role ${ident(user)} createdb`)}`,
      },
      error,
    );
  }
}

/** SQL: puts a mark on a database, with its own number in it. */
export const marking = (name: string, mark: Mark): string =>
  `do ${literal(`begin
  -- a crash of the server must not leave the database without it
  perform pg_catalog.set_config('synchronous_commit', 'on', true);
  execute (select pg_catalog.format('comment on database %I is %L', d.datname,
      ${literal(`${MARK} ${JSON.stringify(mark).slice(0, -1)},"oid":`)} operator(pg_catalog.||) d.oid operator(pg_catalog.||)
      ',"madeAt":' operator(pg_catalog.||) pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.now())) operator(pg_catalog.||) '}')
    from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) ${literal(name)});
end`)}`;

/** Drops a database of ours; with the sessions in it, unless those are to count. */
export async function dropDatabase(
  session: Session,
  name: string,
  { evenIfUsed = true }: { readonly evenIfUsed?: boolean } = {},
): Promise<void> {
  const drop = `drop database if exists ${ident(name)}`;
  try {
    await session.script(evenIfUsed ? `${drop} with (force)` : drop);
  } catch (error) {
    // autovacuum may be in it, which only a superuser may end by force, and which Postgres ends by itself without
    if (!evenIfUsed || postgresError(error)?.code !== SQLSTATE.insufficientPrivilege) throw error;
    await session.script(drop);
  }
}
