/** Brings a unit in use back to pristine, under its name. */
import type { Control } from "../control/control.ts";
import type { TestDbError } from "../errors.ts";
import { failedName, unitName } from "../options.ts";
import { failure } from "../sql/failure.ts";
import { literal } from "../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { callFunction } from "./call-function.ts";
import { anotherDatabase, resetDatabase } from "./database-unit.ts";
import type { Failure } from "./keep.ts";
import { proveInBackground } from "./pool.ts";
import type { OpenUnit, Unit } from "./unit.ts";

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
    let types = await callFunction(control, call, connection);
    if (types === STALE) {
      await ensureHome();
      types = await callFunction(control, call, connection);
    }
    if (types === STALE) throw new Error("the schema can't be made again");
    if (types === null) return;
    // it is another schema: types have other numbers, and what connections have prepared is of the one before
    connection.learnArrayTypes(types);
    await connection.renew();
    if (keeping) keeping.afterKeeping(control, unit.target, { name: usedName, isolation }, failure);
    else proveInBackground(control, usedName, name);
  } catch (error) {
    throw resetError(unit, error);
  }
}

const resetCall = (name: string, usedName: string, keptFor: string | undefined): string =>
  `with_test_db.reset(${literal(name)}, ${literal(usedName)}${keptFor ? `, ${literal(keptFor)}` : ""})`;
const STALE = "stale";

const LOST = "see why the server ended the connection, in its log; a sweep drops what is left of the unit";
const ANOTHER = "dispose of it, and take another one";

/** Why a unit could not be brought back. */
export function resetError(
  { isolation, name }: Pick<Unit, "isolation" | "name">,
  error: unknown,
  call: "reset" | "truncate" = "reset",
): TestDbError {
  const isLocked = postgresError(error)?.code === SQLSTATE.lockNotAvailable;
  const why = isLocked && "a transaction that is still open keeps others from touching what it wrote";
  const until = `await every query and transaction of the test before ${call}()`;
  const next = isConnectionLost(error) ? LOST : isLocked ? until : call === "reset" ? ANOTHER : "testDb.reset()";
  const what = `The ${isolation} ${name} could not be ${call === "reset" ? "reset" : "truncated"}`;
  return failure("RESET_FAILED", { what, why, next }, error);
}
