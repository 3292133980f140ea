/** Brings a unit in use back to pristine, under its name. */

import type { Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { dropDatabase } from "../control/private-database.ts";
import type { Connection } from "../drivers/driver.ts";
import type { TestDbError } from "../errors.ts";
import { failure, isOutOfLocks } from "../sql/failure.ts";
import { literal } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { copyBlueprint } from "./database-unit.ts";
import { dropRelations } from "./drop-relations.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { reserveWithin } from "./reserve-within.ts";
import type { OpenUnit } from "./unit.ts";

/** @throws TestDbError `RESET_FAILED` */
export async function resetUnit(
  control: Control,
  { unit, connection }: Pick<OpenUnit<unknown>, "unit" | "connection">,
): Promise<void> {
  try {
    if (unit.isolation === "schema") {
      const isDone = await resetWithClient(unit.name, connection);
      if (!isDone) await resetWithSession(unit.name, await control.session(), connection);
    } else {
      // the connections end with the database; the client opens new ones
      await dropDatabase(await control.session(), unit.name);
      await copyBlueprint(control, unit.name, unit.blueprint);
    }
  } catch (error) {
    throw resetError(unit.isolation, unit.name, error);
  }
}

/** How long the client may take to have an idle connection, in milliseconds. */
const IDLE_WITHIN = 200;

/** On one of the client's own connections. False where the client has none to spare, or the connection is in a transaction. */
async function resetWithClient(name: string, connection: Connection<unknown>): Promise<boolean> {
  const reserved = await reserveWithin(IDLE_WITHIN, connection);
  if (!reserved) return false;
  try {
    const ask = (query: string): Promise<string | null> => reserved.ask(query).then(({ value }) => value);
    const how = await ask(outsideTransaction(reset(literal(name))));
    if (how === MADE_ANEW) {
      connection.learnArrayTypes((await ask(`select ${arrayTypes(literal(name))}`)) ?? "");
    }
    return how !== null;
  } catch (error) {
    if (postgresError(error)?.code === SQLSTATE.lockNotAvailable) throw error;
    return false;
  } finally {
    reserved.release();
  }
}

/** After DDL the unit is made anew: in one transaction, so that it is there or is not; in two where that takes too many locks. */
async function resetWithSession(name: string, session: Session, connection: Connection<unknown>): Promise<void> {
  try {
    const [row] = await session.rows<{ how: string }>(`select ${reset("$1::text")} as how`, [name]);
    if (row?.how === MADE_ANEW) await learnArrayTypes(name, session, connection);
  } catch (error) {
    if (!isOutOfLocks(error)) throw error;
    const [unit] = await session.rows<{ fingerprint: string; holder: number }>(
      "select fingerprint, holder from with_test_db.unit where name = $1::text",
      [name],
    );
    if (!unit) throw error;
    // its connections stay, and find the new one under its name
    await dropRelations(session, name);
    await session.rows("select with_test_db.drop_unit($1::text)", [name]);
    await session.rows("select with_test_db.create_unit($1::text, $2::text, $3::int)", [
      name,
      unit.fingerprint,
      unit.holder,
    ]);
    await learnArrayTypes(name, session, connection);
  }
}

async function learnArrayTypes(name: string, session: Session, connection: Connection<unknown>): Promise<void> {
  const [row] = await session.rows<{ types: string }>(`select ${arrayTypes("$1::text")} as types`, [name]);
  connection.learnArrayTypes(row?.types ?? "");
}

const reset = (name: string): string => `with_test_db.reset_unit(${name})`;
/** How a unit was reset whose types have other numbers now. */
const MADE_ANEW = "made anew";
const arrayTypes = (name: string): string => `with_test_db.array_types(array[${name}])`;

const AWAIT = "await every query and transaction of the test before reset()";
const LOST = "see why the server ended the connection, in its log; a sweep drops what is left of the unit";
const ANOTHER = "dispose of it, and take another one";

function resetError(isolation: string, name: string, error: unknown): TestDbError {
  const isLocked = postgresError(error)?.code === SQLSTATE.lockNotAvailable;
  const why = isLocked && "a transaction that is still open keeps others from touching what it wrote";
  const next = isConnectionLost(error) ? LOST : isLocked ? AWAIT : ANOTHER;
  return failure("RESET_FAILED", { what: `The ${isolation} ${name} could not be reset`, why, next }, error);
}
