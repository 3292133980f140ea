/** Units that are databases: copies of a blueprint. */

import type { Blueprint } from "../blueprint/find-blueprint.ts";
import { cloneDatabase, dropDatabase, type Mark } from "../blueprint/private-database.ts";
import { blueprintLock, isLocked } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import type { ConnectOptions, Driver } from "../drivers/driver.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, onDatabase } from "../target/target.ts";
import { unitFailure } from "./failure.ts";
import { connectUnit, databaseUnit, type OpenUnit } from "./unit.ts";

/** Copies the blueprint, and connects. The record is written before the database is made. */
export async function createDatabaseUnit<C>(
  control: Control,
  blueprint: Blueprint,
  name: string,
  driver: Driver<C>,
  { maySleep }: ConnectOptions,
): Promise<OpenUnit<C>> {
  const session = await control.ready;
  const unit = databaseUnit(name, onDatabase(session.target, name), blueprint);
  try {
    await session.rows(
      "insert into with_test_db.unit (name, isolation, fingerprint, holder) values ($1::text, 'database', $2::text, $3::int)",
      [name, blueprint.fingerprint, control.holder],
    );
    await copyBlueprint(control, name, blueprint);
    return { unit, connection: await connectUnit(driver, unit, { maySleep }) };
  } catch (error) {
    await dropDatabaseUnit(session, name).catch(() => {});
    const { target } = session;
    throw unitFailure(`The database ${name} could not be made beside ${describeTarget(target)}`, target, error);
  }
}

/** Makes the database a copy of its blueprint. */
export async function copyBlueprint(control: Control, name: string, blueprint: Blueprint): Promise<void> {
  const session = await control.ready;
  const { fingerprint } = blueprint;
  const mark: Mark = { what: "unit", target: session.target.database, fingerprint, holder: control.holder };
  for (;;) {
    // who makes its replay just now reads it, and Postgres copies nothing that somebody is connected to
    const isRead = await isLocked(session, blueprintLock(fingerprint));
    try {
      return await cloneDatabase(session, name, blueprint.databaseName, mark);
    } catch (error) {
      if (!isRead || postgresError(error)?.code !== SQLSTATE.objectInUse) throw error;
    }
  }
}

/** Drops the database with its record. False where it was gone. */
export async function dropDatabaseUnit(session: Session, name: string): Promise<boolean> {
  const [found] = await session.rows("select 1 as found from pg_database where datname = $1::text", [name]);
  await dropDatabase(session, name);
  await session.rows("delete from with_test_db.unit where name = $1::text", [name]);
  return found !== undefined;
}
