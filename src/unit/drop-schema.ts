/** Drops a unit's schema. Sessions that still do something in the unit are ended: it is ours, and nothing in it is to outlive it. */
import type { Session } from "../connections/session.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { sleep } from "../timers.ts";
import { dropRelations, isTooLarge } from "./drop-relations.ts";

/** How often a function is tried that waits for other sessions' locks. */
const ATTEMPTS = 5;

/** Drops the schema with its record. False where it was gone. */
export async function dropSchema(session: Session, name: string): Promise<boolean> {
  await sendOff(session, AT_WORK, name);
  const drop = "select with_test_db.drop_unit($1::text) as found";
  try {
    return await insist(session, name, drop, [name]);
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.undefinedObject) return false;
    if (!isTooLarge(error)) throw error;
    await dropRelations(session, name);
    return insist(session, name, drop, [name]);
  }
}

/**
 * Runs a function that needs the unit for itself and tells whether the unit was there. Sessions with a lock in the unit are ended.
 */
export async function insist(
  session: Session,
  name: string,
  query: string,
  parameters: readonly unknown[],
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [row] = await session.rows<{ found: boolean }>(query, parameters);
      return row?.found === true;
    } catch (error) {
      if (attempt === ATTEMPTS || postgresError(error)?.code !== SQLSTATE.lockNotAvailable) throw error;
      await sendOff(session, AT_WORK, name);
      await sendOff(session, IN_THE_WAY, name);
    }
  }
}

/**
 * SQL: the unit's own sessions, by the name in their startup packet, but for those that idle outside of a transaction. What another
 * role's session does, nobody is told.
 */
export const AT_WORK = `
  select pid, state from pg_stat_activity
   where application_name = $1::text and datname = current_database() and pid <> pg_backend_pid() and state is distinct from 'idle'`;
/** SQL: sessions of any name that hold a lock on the schema or on an object in it. */
export const IN_THE_WAY = `
  select distinct a.pid, a.state
    from pg_namespace n
    join pg_locks l on (l.locktype = 'object' and l.classid = 'pg_namespace'::regclass and l.objid = n.oid)
                    or (l.locktype = 'relation' and l.relation in (select c.oid from pg_class c where c.relnamespace = n.oid))
    join pg_stat_activity a on a.pid = l.pid
   where n.nspname = $1::text and l.pid <> pg_backend_pid()
     and l.database = (select oid from pg_database where datname = current_database())`;
/** How long a cancelled query gets to end its transaction, in milliseconds. */
const PATIENCE = 50;

/** Cancels the queries of these sessions, so that their clients see an error and not a dead socket; ends sessions that stay. */
export async function sendOff(session: Session, which: string, name: string): Promise<void> {
  try {
    const cancelled = await session.rows(
      `select pg_cancel_backend(pid) from (${which}) as sessions where state = 'active'`,
      [name],
    );
    if (cancelled.length > 0) await sleep(PATIENCE);
    await session.rows(`select pg_terminate_backend(pid, 2000) from (${which}) as sessions`, [name]);
  } catch (error) {
    // another role's session: the lock that it holds makes the caller's next query fail, and that error says so
    if (postgresError(error)?.code !== SQLSTATE.insufficientPrivilege) throw error;
  }
}
