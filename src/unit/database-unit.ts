/** Units that are databases: copies of a blueprint. */

import type { Blueprint } from "../blueprint/find-blueprint.ts";
import { blueprintLock, isLocked } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import { whenThereIsRoom } from "../connections/waiting.ts";
import type { Control } from "../control/control.ts";
import { cloneDatabase, dropDatabase, type Mark } from "../control/private-database.ts";
import type { Connection } from "../drivers/driver.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, onDatabase } from "../target/target.ts";
import type { LeaseRequest } from "./lease.ts";
import { databaseUnit, type OpenUnit } from "./unit.ts";
import { unitFailure } from "./unit-failure.ts";

/** Copies the blueprint, and connects. The record is written before the database is made. */
export async function createDatabaseUnit<C>(
  { control, driver, options }: Pick<LeaseRequest<C>, "control" | "driver" | "options">,
  blueprint: Blueprint,
): Promise<OpenUnit<C>> {
  const { unitName: name, deadline } = options;
  const session = await control.session();
  const { target } = session;
  const unit = databaseUnit(name, onDatabase(target, name), blueprint);
  let connection: Connection<C> | undefined;
  try {
    const [row] = await session.rows<{ due: boolean }>(RECORD, [name, blueprint.fingerprint, control.holder]);
    await copyBlueprint(control, name, blueprint);
    const open = await driver.connect(unit.target, unit.settings, { isToldTypes: true });
    connection = open;
    const { value } = await whenThereIsRoom(target, deadline, () => open.ask(ARRAY_TYPES));
    open.learnArrayTypes(value ?? "");
    control.hold();
    return { unit, connection: open, sweepIsDue: row?.due === true };
  } catch (error) {
    await connection?.close().catch(() => {});
    await dropDatabaseUnit(session, name).catch(() => {});
    throw unitFailure(`The database ${name} could not be made beside ${describeTarget(target)}`, target, error);
  }
}

const RECORD = `
  with recorded as (
    insert into with_test_db.unit (name, isolation, fingerprint, holder) values ($1::text, 'database', $2::text, $3::int)
  )
  select s.last < now() - interval '30 seconds' as due from with_test_db.sweep s`;

/** Those of the whole database, as the driver would ask for them. */
const ARRAY_TYPES = `
  select pg_catalog.string_agg(t.oid || ':' || t.typarray, ' ')
    from pg_catalog.pg_type t join pg_catalog.pg_type a on a.oid = t.typarray where a.typcategory = 'A'`;

/** Makes the database a copy of its blueprint. */
export async function copyBlueprint(control: Control, name: string, blueprint: Blueprint): Promise<void> {
  const session = await control.session();
  const { fingerprint } = blueprint;
  const mark: Mark = { what: "unit", target: session.target.database, fingerprint, holder: control.holder };
  for (;;) {
    // a process that makes the blueprint's replay is connected to it, and Postgres copies no database with connections
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
