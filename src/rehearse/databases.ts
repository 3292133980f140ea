/** The database that a rehearsal runs in, which is ours: a copy of a snapshot, or a new one. It is dropped afterwards. */
import { holdLock, homeLock } from "../connections/advisory-lock.ts";
import { inSession, openSession, type Session } from "../connections/session.ts";
import { cloneDatabase, createEmptyDatabase, dropDatabase, type Mark, marking } from "../control/databases.ts";
import { TestDbError } from "../errors.ts";
import { MIGRATION_SETTINGS } from "../home/steps.ts";
import { databaseKey } from "../migrations/fingerprint.ts";
import { unitName } from "../options.ts";
import { failure } from "../sql/failure.ts";
import { shellWord } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { targetUrl } from "../target/connection-url.ts";
import { describeTarget, onDatabase, type Target } from "../target/target.ts";
import { sleep } from "../timers.ts";

/** Also the `application_name` of every session that the rehearsal has. */
export const rehearsalName = (): string => unitName("rehearsal");

/** A session beside the rehearsal's database. As long as it lasts, no sweep drops that. */
export async function openBeside(target: Target, name: string): Promise<Session> {
  const session = await openSession(target, { application_name: name }, { reconnects: false });
  await holdLock(session, homeLock(name));
  return session;
}

const markFor = ({ target }: Session, what: Mark["what"], name: string): Mark => ({
  ...{ what, home: name, folder: "", beside: databaseKey(target) },
});

/**
 * A copy of the database that the session is in. Nothing is written there.
 *
 * @throws TestDbError `PRIVILEGE_MISSING` where the role may not create databases, and `TARGET_REFUSED` where somebody is connected
 */
export async function copySnapshot(session: Session, name: string): Promise<void> {
  await assertAlone(session);
  try {
    await cloneDatabase(session, name, session.target.database, markFor(session, "rehearsal", name));
  } catch (error) {
    if (postgresError(error)?.code !== SQLSTATE.objectInUse) throw error;
    await assertAlone(session);
    const what = `${describeTarget(session.target)} could not be copied`;
    throw failure(
      "TARGET_REFUSED",
      { what, next: "run it again once nobody is in it: a prepared transaction counts, too" },
      error,
    );
  }
}

export const createEmpty = (session: Session, name: string): Promise<void> =>
  createEmptyDatabase(session, name, markFor(session, "rehearsal", name));

/** A session in it, with what a migration's connection has there by default. */
export async function openWithin(beside: Session, name: string): Promise<Session> {
  const settings = { ...MIGRATION_SETTINGS, ...(await searchPathIn(beside, name)), application_name: name };
  return openSession(onDatabase(beside.target, name), settings, { reconnects: false });
}

/** From now on it is the user's: a sweep drops it after a week, or with `--all`. */
export const keepDatabase = (session: Session, name: string): Promise<void> =>
  session.script(marking(name, markFor(session, "kept", name)));

/** How often, and how many milliseconds in between, it is looked whether sessions of ours have ended: half a minute. */
const [LOOKS, PAUSE] = [300, 100] as const;

/** Drops it, wherever the rehearsal is: also while it is made. */
export const dropRehearsal = (target: Target, name: string): Promise<void> =>
  inSession(target, async (session) => {
    for (let look = 0; look < LOOKS; look++) {
      const ours = await session.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1::text and usename = current_user",
        [name],
      );
      if (ours.length === 0) break;
      await sleep(PAUSE);
    }
    await dropDatabase(session, name);
  });

/** A database's or a role's own search_path, which a copy has, too. */
async function searchPathIn(session: Session, name: string): Promise<Readonly<Record<string, string>>> {
  const [row] = await session.rows<{ path: string }>(
    `select substr(c, 13) as path from pg_db_role_setting s, unnest(s.setconfig) c
      where c like 'search_path=%' and s.setrole in (0, (select oid from pg_roles where rolname = current_user))
        and s.setdatabase in (0, (select oid from pg_database where datname = $1::text))
      order by s.setrole <> 0 and s.setdatabase <> 0 desc, s.setrole <> 0 desc, s.setdatabase <> 0 desc limit 1`,
    [name],
  );
  return row ? { search_path: row.path } : {};
}

/** @throws TestDbError `PRIVILEGE_MISSING` where the database belongs to somebody else */
export async function assertMayCopy({ rows, target }: Session): Promise<void> {
  const [row] = await rows<{ owner: string; may: boolean }>(
    `select pg_get_userbyid(datdba) as owner, datistemplate or pg_has_role(datdba, 'usage') as may from pg_database where datname = current_database()`,
  );
  if (!row || row.may) return;
  throw new TestDbError("PRIVILEGE_MISSING", {
    what: `The user ${target.user} may not copy ${describeTarget(target)}`,
    why: `it belongs to ${row.owner}, and Postgres has a database copied by its owner or a superuser`,
    next: `name ${row.owner} in --url, who needs the right to create databases; or restore the snapshot as ${target.user}`,
  });
}

/** The same for others in a snapshot: who has just gone takes a moment. */
const [LOOKS_FOR_OTHERS, PAUSE_BETWEEN] = [10, 100] as const;

async function assertAlone(session: Session): Promise<void> {
  const { target } = session;
  let others: Other[] = [];
  for (let look = 0; look < LOOKS_FOR_OTHERS; look++) {
    others = await readOthers(session);
    if (others.length === 0) return;
    await sleep(PAUSE_BETWEEN);
  }
  const url = targetUrl({ ...target, password: undefined });
  const end = `select pg_terminate_backend(pid) from unnest(array[${others.map(({ pid }) => pid).join(", ")}]) as pid`;
  throw new TestDbError("TARGET_REFUSED", {
    what: `${describeTarget(target)} cannot be copied while somebody is connected to it`,
    why: others.map(({ name, user, pid }) => `${name}, ${user}, pid ${pid}`).join("\n"),
    next: `end that, or: psql ${shellWord(url)} -c ${shellWord(end)}`,
  });
}

interface Other {
  readonly pid: number;
  readonly name: string;
  readonly user: string;
}

const readOthers = ({ rows }: Session): Promise<Other[]> =>
  rows<Other & Record<string, unknown>>(
    `select pid, coalesce(nullif(application_name, ''), 'without a name') as name, usename as user from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
