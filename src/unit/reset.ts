/** Brings a unit in use back to pristine, under its name. */
import { dropDatabase } from "../blueprint/private-database.ts";
import type { Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { isOutOfLocks } from "../sql/remedies.ts";
import { isConnectionLost, postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { copyBlueprint } from "./database-unit.ts";
import { dropRelations } from "./drop-relations.ts";
import type { Unit } from "./unit.ts";

/** After DDL it is made anew: in one transaction, so that it is there or is not; in two where that takes too many locks. */
async function resetSchema(session: Session, name: string): Promise<void> {
  try {
    await session.rows("select with_test_db.reset_unit($1::text)", [name]);
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
  }
}

const AWAIT = "await every query and transaction of the test before reset()";
const LOST = "see why the server ended the connection, in its log; a sweep drops what is left of the unit";
const ANOTHER = "dispose of it, and take another one";

/** @throws TestDbError `RESET_FAILED` */
export async function resetUnit(control: Control, unit: Unit): Promise<void> {
  try {
    const session = await control.ready;
    if (unit.isolation === "schema") {
      await resetSchema(session, unit.name);
    } else {
      // the connections end with the database; the client opens new ones
      await dropDatabase(session, unit.name);
      await copyBlueprint(control, unit.name, unit.blueprint);
    }
  } catch (error) {
    const refused = postgresError(error);
    throw new TestDbError("RESET_FAILED", {
      what: `The ${unit.isolation} ${unit.name} could not be reset`,
      why: [
        refused ? postgresWords(refused) : wordsOf(error),
        refused?.code === SQLSTATE.lockNotAvailable &&
          "a transaction that is still open keeps others from touching what it wrote",
      ]
        .filter(Boolean)
        .join("\n"),
      next: isConnectionLost(error) ? LOST : refused?.code === SQLSTATE.lockNotAvailable ? AWAIT : ANOTHER,
      cause: error,
    });
  }
}
