/** Brings a unit in use back to pristine, under its name. */
import type { Control } from "../control/control.ts";
import type { Connection } from "../drivers/driver.ts";
import type { TestDbError } from "../errors.ts";
import { failedName, unitName } from "../options.ts";
import { failure } from "../sql/failure.ts";
import { literal } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { anotherDatabase, resetDatabase } from "./database-unit.ts";
import type { Failure } from "./keep.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { proveInBackground } from "./pool.ts";
import { reserveWithin } from "./reserve-within.ts";
import type { OpenUnit } from "./unit.ts";

/**
 * @param ensureHome - runs the migrations again, where what they made can't be made a second time
 * @throws TestDbError `RESET_FAILED`
 */
export async function resetUnit(
  control: Control,
  { unit, connection }: Pick<OpenUnit<unknown>, "unit" | "connection">,
  ensureHome: () => Promise<void>,
  failure?: Failure,
): Promise<void> {
  const { name, isolation } = unit;
  // the used one's, where it is another from then on
  const usedName = failure ? failedName(name) : unitName("pool");
  try {
    // what is rarely needed is loaded when it is
    const keeping = failure && (await import("./keep.ts"));
    if (isolation === "database") {
      if (!keeping) return await resetDatabase(control, name);
      const { target } = await control.session();
      if (await anotherDatabase(control, name, usedName, keeping.KEPT_FOR))
        keeping.afterKeeping(control, target, { name: usedName, isolation }, failure);
      return;
    }
    const call = resetCall(name, usedName, keeping?.KEPT_FOR);
    let types = await resetSchema(control, call, connection);
    if (types === STALE) {
      await ensureHome();
      types = await resetSchema(control, call, connection);
    }
    if (types === STALE) throw new Error("the schema can't be made again");
    if (types === null) return;
    // it is another schema: types have other numbers, and what connections have prepared is of the one before
    connection.learnArrayTypes(types);
    await connection.renew();
    if (keeping) keeping.afterKeeping(control, unit.target, { name: usedName, isolation }, failure);
    else proveInBackground(control, usedName, name);
  } catch (error) {
    throw resetError(isolation, name, error);
  }
}

const resetCall = (name: string, usedName: string, keptFor: string | undefined): string =>
  `with_test_db.reset(${literal(name)}, ${literal(usedName)}${keptFor ? `, ${literal(keptFor)}` : ""})`;
const STALE = "stale";

/** How long the client may take to have an idle connection, in milliseconds. */
const IDLE_WITHIN = 200;

/** On one of the client's own connections; with a session of ours where the client has none to spare, or that is in a transaction. */
async function resetSchema(control: Control, call: string, connection: Connection<unknown>): Promise<string | null> {
  const reserved = await reserveWithin(IDLE_WITHIN, connection);
  try {
    const { value = null } = (await reserved?.ask(outsideTransaction(`coalesce(${call}, '')`))) ?? {};
    if (value !== null) return value || null;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.lockNotAvailable) throw error;
  } finally {
    reserved?.release();
  }
  const session = await control.session();
  const [row] = await session.rows<{ types: string | null }>(`select ${call} as types`);
  return row?.types ?? null;
}

const AWAIT = "await every query and transaction of the test before reset()";
const LOST = "see why the server ended the connection, in its log; a sweep drops what is left of the unit";
const ANOTHER = "dispose of it, and take another one";

function resetError(isolation: string, name: string, error: unknown): TestDbError {
  const isLocked = postgresError(error)?.code === SQLSTATE.lockNotAvailable;
  const why = isLocked && "a transaction that is still open keeps others from touching what it wrote";
  const next = isConnectionLost(error) ? LOST : isLocked ? AWAIT : ANOTHER;
  return failure("RESET_FAILED", { what: `The ${isolation} ${name} could not be reset`, why, next }, error);
}
