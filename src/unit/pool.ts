/**
 * The pool: units that were used before and are as the migrations made them. A unit is renamed when it comes back, and
 * proven pristine before it is leased again; the proof runs on the server while its last user goes on.
 */
import type { Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import type { Connection } from "../drivers/driver.ts";
import { unitName } from "../options.ts";
import { literal } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { isTooLarge } from "./drop-relations.ts";
import { AT_WORK, dropSchema, IN_THE_WAY, insist, sendOff } from "./drop-schema.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { reserveWithin } from "./reserve-within.ts";

/** How many free units a home keeps at the most. */
const POOL_LIMIT = 32;

/** A unit that is to go to the pool, and its name there. */
export interface Returning {
  readonly name: string;
  readonly poolName: string;
}

export const returning = (name: string): Returning => ({ name, poolName: unitName("pool") });

/**
 * Gives a unit back with the last queries of its own client. They are sent at once, so the server does the proof even where
 * this process ends right afterwards.
 *
 * @param grace - how long the client may take to have an idle connection, in milliseconds
 * @returns whether the unit was there; undefined where the client could not give it back
 */
export async function leaveToPool(
  control: Control,
  { name, poolName }: Returning,
  connection: Connection<unknown>,
  grace: number,
): Promise<boolean | undefined> {
  const last = await reserveWithin(grace, connection);
  if (!last) return undefined;
  const ask = (query: string): Promise<string | null> => last.ask(query).then(({ value }) => value);
  // what the session was left with must not stand in the way of what follows
  const discarded = ask("discard all");
  // in another one, the proof would not see what it has waited for
  const levelled = ask("set default_transaction_isolation to 'read committed'");
  const taken = ask(outsideTransaction(takeBack(literal(name), literal(poolName))));
  const proven = ask(`select ${prove(literal(poolName))}`);
  for (const answer of [discarded, levelled, taken, proven]) answer.catch(() => {});
  const found = await taken.catch(() => undefined);
  last.release();
  if (found !== "t") return found === "f" ? false : undefined;
  void proven.then(
    (became) => {
      if (became === BUSY) proveInBackground(control, poolName, name);
    },
    () => proveInBackground(control, poolName, name),
  );
  return true;
}

/** The same with a session of ours. What the client was still asking when it closed, the server goes on with: that is ended. */
export async function returnToPool(control: Control, { name, poolName }: Returning): Promise<boolean> {
  const take = `select ${takeBack("$1::text", "$2::text")} as found`;
  if (!(await insist(await control.session(), name, take, [name, poolName]))) return false;
  control.inBackground(async (session) => {
    await sendOff(session, AT_WORK, name);
    await poolUnit(session, poolName, name);
  });
  return true;
}

/** Keeps a unit that somebody asked to keep while a test had it: with-test-db keep. Returns whether somebody did. */
export async function keepIfAsked(session: Session, name: string): Promise<boolean> {
  const [row] = await session.rows<{ kept: boolean }>("select with_test_db.keep_if_asked($1::text) as kept", [name]);
  return row?.kept === true;
}

const takeBack = (name: string, poolName: string): string => `with_test_db.give_up(${name}, ${poolName})`;
const prove = (poolName: string): string => `with_test_db.prove(${poolName}, ${POOL_LIMIT})`;
/** What became of it, where another session is still in it. */
const BUSY = "busy";

export function proveInBackground(control: Control, poolName: string, name: string): void {
  // should it fail, its record stays, and a sweep finds it
  control.inBackground((session) => poolUnit(session, poolName, name));
}

async function poolUnit(session: Session, poolName: string, oldName: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const became = await proof(session, poolName);
    if (became !== BUSY) return;
    if (attempt === 2) {
      await dropSchema(session, poolName);
      return;
    }
    await sendOff(session, AT_WORK, oldName);
    await sendOff(session, IN_THE_WAY, poolName);
  }
}

async function proof(session: Session, poolName: string): Promise<string | undefined> {
  try {
    const [row] = await session.rows<{ became: string }>(`select ${prove("$1::text")} as became`, [poolName]);
    return row?.became;
  } catch (error) {
    // the client's own last query is still at it
    if (postgresError(error)?.code === SQLSTATE.lockNotAvailable) return undefined;
    // the unit was to be dropped, and that was too much for one transaction
    if (!isTooLarge(error)) throw error;
    await dropSchema(session, poolName);
    return undefined;
  }
}
