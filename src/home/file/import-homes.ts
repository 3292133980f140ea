/**
 * Makes homes from a file. Each is proven to be what was exported, object by object and row by row, before there is a record of it; of
 * one that is not, nothing stays.
 */
import type { AtEnd } from "../../at-end.ts";
import { readWhole } from "../../catalog/read-whole.ts";
import { holdLock, homeLock } from "../../connections/advisory-lock.ts";
import { IMPATIENT } from "../../connections/pinned-settings.ts";
import { inSession, openSession, type Session } from "../../connections/session.ts";
import { CONTROL_DDL } from "../../control/control-ddl.ts";
import { createEmptyDatabase, findDatabase, type MadeFor } from "../../control/databases.ts";
import { TestDbError } from "../../errors.ts";
import { databaseKey, folderKey } from "../../migrations/fingerprint.ts";
import type { Migrations } from "../../migrations/read-migrations.ts";
import { unitName } from "../../options.ts";
import { compareRestored } from "../../proof/compare-catalogs.ts";
import { describeDifferences } from "../../proof/describe-differences.ts";
import { failure } from "../../sql/failure.ts";
import { postgresError, unlessLost } from "../../sql/sqlstate.ts";
import { describeTarget, onDatabase, type Target } from "../../target/target.ts";
import { becomeTemplate, clearDatabase, templateName } from "../build-home.ts";
import { readHome, recordSchemas } from "../record-home.ts";
import { readAround } from "./around.ts";
import { makeFirstUnit } from "./first-unit.ts";
import { type DatabasesHome, type FileHome, HOME_FORMAT, type HomeFile, type SchemasHome } from "./home-file.ts";

export interface Imported {
  readonly imported: readonly string[];
  /** Homes that were there already, or that another process builds. */
  readonly left: readonly string[];
  /** Homes that are of no use here, and why. */
  readonly skipped: readonly { readonly name: string; readonly why: string }[];
}

/** How long to wait for a connection, in milliseconds. */
const DEADLINE = 60_000;

/**
 * @param atEnd - is told how to undo what is being made
 * @throws TestDbError `HOME_FAILED` where what was made is not what was exported
 */
export const importHomes = (
  target: Target,
  migrations: Migrations,
  { made, homes }: HomeFile,
  atEnd: AtEnd,
): Promise<Imported> =>
  inSession(
    target,
    async (session) => {
      const why = whyNot(made, session);
      if (why !== undefined) return { imported: [], left: [], skipped: homes.map(({ name }) => ({ name, why })) };
      const [imported, left]: [string[], string[]] = [[], []];
      const madeFor = { folder: folderKey(migrations, target), beside: databaseKey(target) };
      for (const home of homes) ((await importHome(session, home, madeFor, atEnd)) ? imported : left).push(home.name);
      return { imported, left, skipped: [] };
    },
    IMPATIENT,
  );

/** The name of a home tells the same, but not to people. */
function whyNot(made: HomeFile["made"], { serverVersion, target }: Session): string | undefined {
  const major = Math.floor(serverVersion / 10_000);
  if (made.format !== HOME_FORMAT) return "another version of with-test-db made it";
  if (made.serverMajor !== major) return `it was made on PostgreSQL ${made.serverMajor}, and this is ${major}`;
  if (made.user !== target.user) return `it was made for the role ${made.user}, and this is ${target.user}`;
  if (made.database !== target.database)
    return `it was made beside the database ${made.database}, and ${target.database} is named here`;
  return undefined;
}

/** False where it is there, or another process makes it. */
async function importHome(session: Session, home: FileHome, madeFor: MadeFor, atEnd: AtEnd): Promise<boolean> {
  const { name } = home;
  if (!(await holdLock(session, homeLock(name)))) return false;
  const target = onDatabase(session.target, name);
  const found = await findDatabase(session, name);
  if (found === "somebody's") return false;
  if (found && (await readHome(target, DEADLINE))?.lacks === null) return false;
  let isDone = false;
  const making = makeHome(session, home, madeFor);
  atEnd(async () => {
    if (isDone) return;
    const clear = (): Promise<void> => inSession(session.target, (other) => clearHome(other, home));
    // the sessions in it end, and with them the making; what that created meanwhile is gone only afterwards
    await clear();
    await making.catch(() => {});
    await clear();
  });
  try {
    await making;
    isDone = true;
    return true;
  } catch (error) {
    await unlessLost(clearHome(session, home));
    throw postgresError(error) ? notRestored(target, undefined, error) : error;
  }
}

async function makeHome(session: Session, home: FileHome, madeFor: MadeFor): Promise<void> {
  await clearHome(session, home);
  await createEmptyDatabase(session, home.name, { what: "building", home: home.name, ...madeFor });
  if (home.isolation === "schema") await importSchemas(onDatabase(session.target, home.name), home, madeFor);
  else await importDatabases(session, home, madeFor);
}

async function clearHome(session: Session, { name, isolation }: FileHome): Promise<void> {
  await clearDatabase(session, name);
  if (isolation === "database") await clearDatabase(session, templateName(name));
}

const UNCHECKED = { check_function_bodies: "off" };

async function importSchemas(target: Target, home: SchemasHome, madeFor: MadeFor): Promise<void> {
  const { origin, replay, side, dump, objects } = home;
  await inSession(target, (session) => session.script(`begin; ${PUBLIC} ${dump} commit`), UNCHECKED);
  await inSession(target, async (session) => {
    const differences = await compareRestored(session, objects, await readAround(session));
    if (differences.length > 0) throw notRestored(target, describeDifferences(differences));
    await session.script(`begin; ${CONTROL_DDL} commit`);
    const firstUnit = unitName("pool");
    const inUnit = await makeFirstUnit(session, home, side, firstUnit);
    if (inUnit.length > 0) throw notRestored(target, describeDifferences(inUnit));
    await recordSchemas(session, madeFor, origin, replay, firstUnit);
  });
}

/** In a home it is a new one, from which the origin was moved away. */
const PUBLIC = "drop schema public; create schema public; grant usage on schema public to public;";

async function importDatabases(session: Session, home: DatabasesHome, madeFor: MadeFor): Promise<void> {
  const { name, dump, objects, reasons } = home;
  const target = onDatabase(session.target, name);
  await inSession(target, (own) => own.script(`begin; ${dump} commit`), UNCHECKED);
  const reader = await openSession(target, {}, { reconnects: false });
  try {
    const differences = await compareRestored(reader, objects, await readWhole(reader));
    if (differences.length > 0) throw notRestored(target, describeDifferences(differences));
  } catch (error) {
    await reader.close();
    throw error;
  }
  await becomeTemplate(session, { name, madeFor }, reader, reasons);
}

function notRestored(target: Target, why: string | undefined, cause?: unknown): TestDbError {
  const what = `The home ${describeTarget(target)} could not be made from the file as it was, and nothing of it stays`;
  const next = "leave it out: the tests build their home from the migrations";
  return cause === undefined
    ? new TestDbError("HOME_FAILED", { what, why, next })
    : failure("HOME_FAILED", { what, next }, cause);
}
