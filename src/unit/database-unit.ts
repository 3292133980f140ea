/** Units that are databases: copies of a template. They are renamed, proven and used again as schemas are. */
import { inSession, type Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { cloneDatabase, dropDatabase, type Mark } from "../control/databases.ts";
import { TestDbError } from "../errors.ts";
import { unitName } from "../options.ts";
import { ident, literal } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { onDatabase, type Target } from "../target/target.ts";
import { now, sleep } from "../timers.ts";
import { PRISTINE, restoreDatabase } from "./database-proof.ts";
import { COMMENT } from "./database-state.ts";
import { sendOff } from "./drop-schema.ts";
import type { Pristine } from "./measure-database.ts";
import { keepIfAsked, type Returning } from "./pool.ts";

/** How many free databases a home keeps at the most. */
const POOL_LIMIT = 8;

/**
 * Makes a copy of the template, and a record of it beforehand.
 *
 * @param heldBy - as held-by.ts writes it
 */
export async function createDatabase(control: Control, name: string, heldBy: string | null): Promise<void> {
  const session = await control.session();
  await session.rows(
    "insert into with_test_db.unit (name, isolation, state, holder, held_by) values ($1::text, 'database', 'leased', $2::int, $3::text)",
    [name, control.holder, heldBy],
  );
  try {
    await copyTemplate(session, name);
  } catch (error) {
    await dropDatabaseUnit(session, name).catch(() => {});
    throw error;
  }
}

async function copyTemplate(session: Session, name: string): Promise<void> {
  const [home] = await session.rows<{ template: string }>("select template from with_test_db.home");
  const mark: Mark = { what: "unit", home: session.target.database, folder: "", beside: "" };
  await cloneDatabase(session, name, home?.template as string, mark);
}

/** Drops the database with its record. False where it was gone. */
export async function dropDatabaseUnit(session: Session, name: string): Promise<boolean> {
  const [found] = await session.rows("select from pg_database where datname = $1::text", [name]);
  await dropDatabase(session, name);
  await session.rows("delete from with_test_db.unit where name = $1::text", [name]);
  return found !== undefined;
}

/**
 * Takes the database back: ends the sessions in it, and renames it, so that a straggler fails. What follows is not waited for.
 * Returns whether it was still there.
 */
export async function returnDatabase(control: Control, { name, poolName }: Returning): Promise<boolean> {
  const session = await control.session();
  const [isKept, isUnused] = await Promise.all([keepIfAsked(session, name), isLeft(session, name)]);
  if (isKept) return true;
  if (!isUnused) return leaveToSweep(session, name);
  if (!(await renameUnused(session, name, poolName, "state = 'returned'"))) return dropDatabaseUnit(session, name);
  control.inBackground(async (session) => {
    if (!(await proveDatabase(session, poolName))) await dropDatabaseUnit(session, poolName);
    await keepOneReady(session, control.holder);
  });
  return true;
}

/** Drops the database with its record once everybody has left; where somebody stays, a sweep does. False where it was gone. */
export const dropUnusedDatabase = async (session: Session, name: string): Promise<boolean> =>
  (await isLeft(session, name)) ? dropDatabaseUnit(session, name) : leaveToSweep(session, name);

/** How long a connection that was closed may take to be gone, in milliseconds. */
const GONE_WITHIN = 500;

/** Whether nobody is in the database, once what is under way there has been ended. */
async function isLeft(session: Session, name: string): Promise<boolean> {
  const isEmpty = async (): Promise<boolean> => (await session.rows(INSIDE, [name])).length === 0;
  if (await isEmpty()) return true;
  await sendOff(session, `${INSIDE} and state is distinct from 'idle'`, name);
  for (const began = now(); now() - began < GONE_WITHIN; await sleep(10)) {
    if (await isEmpty()) return true;
  }
  return false;
}

/** A sweep drops it when the last connection is closed, also while this process lives. False where it was gone. */
async function leaveToSweep(session: Session, name: string): Promise<boolean> {
  const left = await session.rows(
    "update with_test_db.unit set state = 'returned', holder = 0 where name = $1::text returning name",
    [name],
  );
  return left.length > 0;
}

/** How often a database is renamed from which sessions have to go first. */
const ATTEMPTS = 5;

/** @param becomes - SQL: what its record says from then on */
async function renameUnused(session: Session, name: string, newName: string, becomes: string): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    await sendOff(session, INSIDE, name);
    try {
      // one query is one transaction: of more than one, others' queries on this session would come in between
      await session.script(`
        update with_test_db.unit set name = ${literal(newName)}, ${becomes} where name = ${literal(name)};
        alter database ${ident(name)} rename to ${ident(newName)}`);
      return true;
    } catch (error) {
      const code = postgresError(error)?.code;
      if (code === SQLSTATE.databaseDoesNotExist) return false;
      if (code !== SQLSTATE.objectInUse || attempt === ATTEMPTS) throw error;
      await sleep(10 * attempt);
    }
  }
}

/** SQL: whoever is in the database. Autovacuum has no user, and Postgres ends it by itself. */
const INSIDE = "select pid, state from pg_stat_activity where datname = $1::text and usesysid is not null";

/** Whether the database is pristine again, and waits for its next user. */
async function proveDatabase(session: Session, name: string): Promise<boolean> {
  const [home] = await session.rows<{ pristine: string; free: number }>(
    `select h.pristine, (select count(*)::int from with_test_db.unit u where u.isolation = 'database' and u.state = 'free') as free from with_test_db.home h`,
  );
  if (!home || home.free >= POOL_LIMIT || (await restored(onDatabase(session.target, name), home.pristine)))
    return false;
  await setFree(session, name);
  return true;
}

async function setFree({ rows }: Session, name: string): Promise<void> {
  await rows(
    "update with_test_db.unit set state = 'free', freed_at = now(), holder = 0, held_by = null where name = $1::text",
    [name],
  );
}

/** Why it is not pristine, and can't be made so; undefined where it is. */
const restored = (target: Target, pristine: string): Promise<string | undefined> =>
  inSession(target, async ({ rows, client }) => {
    const [row] = await rows<{ comment: string }>(
      `select ${COMMENT} as comment from pg_database d where d.datname = current_database()`,
    );
    // two statements in one query: what the first found out is gone after its transaction
    const results = await client.unsafe<{ answer: string }[][]>(restoreDatabase(pristine, row?.comment)).simple();
    const answer = results.at(-1)?.[0]?.answer ?? "the proof said nothing";
    return answer === PRISTINE ? undefined : answer;
  });

/** Makes a copy ahead of need, where none is free. */
async function keepOneReady(session: Session, holder: number): Promise<void> {
  const name = unitName("pool");
  const [wanted] = await session.rows(
    `insert into with_test_db.unit (name, isolation, state, holder) select $1::text, 'database', 'returned', $2::int
      where not exists (select from with_test_db.unit u where u.isolation = 'database'
                           and (u.state = 'free' or u.state = 'returned' and u.holder <> 0))
     returning name`,
    [name, holder],
  );
  if (!wanted) return;
  try {
    await copyTemplate(session, name);
    await setFree(session, name);
  } catch (error) {
    await dropDatabaseUnit(session, name);
    throw error;
  }
}

/** Brings a database in use back to pristine; on one of its own connections where that is enough. */
export async function resetDatabase(control: Control, name: string): Promise<void> {
  const session = await control.session();
  const [home] = await session.rows<{ pristine: string }>("select pristine from with_test_db.home");
  if (!home) throw new TestDbError("UNIT_GONE", { what: `The home of ${name} is gone`, next: "run it again" });
  // values of a sequence that its user's sessions keep to themselves are out of reach
  const { cachesValues } = JSON.parse(home.pristine) as Pristine;
  if (!cachesValues && (await restored(onDatabase(session.target, name), home.pristine)) === undefined) return;
  // the connections end with the database; the client opens new ones
  await dropDatabase(session, name);
  await copyTemplate(session, name);
}

/** Keeps a database in use under another name, and makes another one under its own. Returns whether it was there to be kept. */
export async function anotherDatabase(
  control: Control,
  name: string,
  keptName: string,
  keptFor: string,
): Promise<boolean> {
  const session = await control.session();
  // one that somebody asked to keep has no such time
  const until = `case when kept_until is null then now() + ${literal(keptFor)}::interval end`;
  const isKept = await renameUnused(session, name, keptName, `state = 'kept', holder = 0, kept_until = ${until}`);
  const [row] = await session.rows<{ by: string | null }>(
    "select held_by as by from with_test_db.unit where name = $1::text",
    [keptName],
  );
  await createDatabase(control, name, row?.by ?? null);
  return isKept;
}
