/** Brings a unit in use back to pristine, under its name. */

import type { Control } from "../control/control.ts";
import type { Connection } from "../drivers/driver.ts";
import type { TestDbError } from "../errors.ts";
import { unitName } from "../options.ts";
import { failure } from "../sql/failure.ts";
import { literal } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { resetDatabase } from "./database-unit.ts";
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
): Promise<void> {
  const { name, isolation } = unit;
  try {
    if (isolation === "database") return await resetDatabase(control, name);
    const poolName = unitName("pool");
    let types = await resetSchema(control, name, poolName, connection);
    if (types === STALE) {
      await ensureHome();
      types = await resetSchema(control, name, poolName, connection);
    }
    if (types === STALE) throw new Error("the schema can't be made again");
    if (types === null) return;
    // it is another schema: types have other numbers, and what connections have prepared is of the one before
    connection.learnArrayTypes(types);
    await connection.renew();
    proveInBackground(control, poolName, name);
  } catch (error) {
    throw resetError(isolation, name, error);
  }
}

const reset = (name: string, poolName: string): string => `with_test_db.reset(${name}, ${poolName})`;
const STALE = "stale";

/** How long the client may take to have an idle connection, in milliseconds. */
const IDLE_WITHIN = 200;

/** On one of the client's own connections; with a session of ours where the client has none to spare, or that is in a transaction. */
async function resetSchema(
  control: Control,
  name: string,
  poolName: string,
  connection: Connection<unknown>,
): Promise<string | null> {
  const reserved = await reserveWithin(IDLE_WITHIN, connection);
  try {
    const call = `coalesce(${reset(literal(name), literal(poolName))}, '')`;
    const { value = null } = (await reserved?.ask(outsideTransaction(call))) ?? {};
    if (value !== null) return value || null;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.lockNotAvailable) throw error;
  } finally {
    reserved?.release();
  }
  const session = await control.session();
  const [row] = await session.rows<{ types: string | null }>(`select ${reset("$1::text", "$2::text")} as types`, [
    name,
    poolName,
  ]);
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
