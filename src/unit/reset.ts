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

/** @throws TestDbError `RESET_FAILED` */
export async function resetUnit(
  control: Control,
  { unit, connection }: Pick<OpenUnit<unknown>, "unit" | "connection">,
): Promise<void> {
  const { name, isolation } = unit;
  try {
    if (isolation === "database") return await resetDatabase(control, name);
    const poolName = unitName("pool");
    const how = (await resetWithClient(name, poolName, connection)) ?? (await resetWithSession(control, name, poolName));
    if (how === "restored") return;
    // it is another schema: types have other numbers, and what connections have prepared is of the one before
    connection.learnArrayTypes(how);
    await connection.renew();
    proveInBackground(control, poolName, name);
  } catch (error) {
    throw resetError(isolation, name, error);
  }
}

/** How long the client may take to have an idle connection, in milliseconds. */
const IDLE_WITHIN = 200;

/** How it was reset: "restored", or the array types of another schema. Parameters are literals, or those of a statement. */
const reset = (name: string, poolName: string): string =>
  `case with_test_db.reset(${name}, ${poolName}) when 'restored' then 'restored' else with_test_db.array_types(${name}) end`;

/** On one of the client's own connections. Undefined where the client has none to spare, or the connection is in a transaction. */
async function resetWithClient(
  name: string,
  poolName: string,
  connection: Connection<unknown>,
): Promise<string | undefined> {
  const reserved = await reserveWithin(IDLE_WITHIN, connection);
  if (!reserved) return undefined;
  try {
    const { value } = await reserved.ask(outsideTransaction(reset(literal(name), literal(poolName))));
    return value ?? undefined;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.lockNotAvailable) throw error;
    return undefined;
  } finally {
    reserved.release();
  }
}

async function resetWithSession(control: Control, name: string, poolName: string): Promise<string> {
  const session = await control.session();
  const [row] = await session.rows<{ how: string }>(`select ${reset("$1::text", "$2::text")} as how`, [name, poolName]);
  return row?.how ?? "";
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
