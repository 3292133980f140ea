/**
 * Runs a project's migrations in an empty database: verbatim, by Drizzle's own migrator, which runs all in one transaction.
 * A history that was made in many transactions may fail in one: it is run in one transaction per migration, or statement by
 * statement. The text of a migration is never changed, but for roles that are there already.
 */
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import type { Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { isOutOfLocks } from "../sql/failure.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { COPY_FROM_STDIN, copyFromStdin } from "./copy-from-stdin.ts";
import { inFolder } from "./in-folder.ts";
import { leavesDatabase, writesDatabase } from "./leaves-database.ts";
import { migrationError, type Place } from "./migration-error.ts";
import type { Migration, Migrations } from "./read-migrations.ts";
import { makesRoles, scriptWithRoles } from "./roles.ts";
import { within } from "./within.ts";

export type Replay = "in one transaction" | "migration by migration" | "statement by statement";

/** How to run migrations in another empty database, after a failure that only comes from fewer transactions than they were made in. */
export function nextReplay(error: unknown, replay: Replay, { list }: Migrations): Replay | undefined {
  if (!(error instanceof TestDbError && error.code === "MIGRATION_FAILED")) return undefined;
  const code = postgresError(error)?.code;
  // what no transaction allows fails in smaller ones, too
  const isRefused = code === SQLSTATE.activeTransaction;
  const isShort = isRefused || code === SQLSTATE.unsafeNewEnumValue || isOutOfLocks(error);
  const isLast = replay === "statement by statement" || list.some(({ statements }) => statements.some(leavesDatabase));
  if (!isShort || isLast) return undefined;
  return isRefused || replay === "migration by migration" ? "statement by statement" : "migration by migration";
}

/**
 * Nothing is written into the database that was named, also by its name.
 *
 * @throws TestDbError `MIGRATION_FAILED`
 */
export function assertLeavesAlone({ list }: Migrations, database: string): void {
  for (const { file, statements } of list) {
    if (!statements.some((statement) => writesDatabase(statement, database))) continue;
    throw new TestDbError("MIGRATION_FAILED", {
      what: `The migration ${file} changes the database ${database} by its name`,
      why: "migrations run in a database of ours, and nothing is written into the one that was named",
      next: "name no database: do $$ begin execute format('alter database %I set …', current_database()); end $$",
    });
  }
}

/**
 * @param deadline - how long a statement may take, in milliseconds
 * @param applied - migrations that have run here before, as the migrator itself finds out
 * @throws TestDbError `MIGRATION_FAILED` with the file, the statement and Postgres' words; Postgres' error is its cause
 */
export async function runMigrations(
  session: Session,
  migrations: Migrations,
  replay: Replay,
  deadline: number,
  applied: ReadonlySet<Migration> = new Set(),
): Promise<void> {
  const list = migrations.list.filter((migration) => !applied.has(migration));
  let place: Place | undefined;
  try {
    for (const migration of list) {
      for (const statement of migration.statements) {
        place = { migration, statement: copyFromStdin(statement) ?? "" };
        if (place.statement) throw new Error(COPY_FROM_STDIN);
      }
    }
    place = undefined;
    const work = async (again: () => void): Promise<void> => {
      const begins = (statement: string, migration?: Migration): void => {
        place = { statement, migration: migration ?? list.find(({ statements }) => statements.includes(statement)) };
        again();
      };
      const isOurs = replay !== "in one transaction" || list.some(({ statements }) => statements.some(makesRoles));
      await inFolder(migrations, async (migrationsFolder) => {
        if (isOurs) return runEach(session, { ...migrations, folder: migrationsFolder }, replay, applied, begins);
        const db = drizzle({ client: session.client, logger: { logQuery: (query) => begins(query) } });
        await migrate(db, { migrationsFolder });
      });
    };
    await within(deadline, work, () => session.client.end({ timeout: 0 }));
  } catch (error) {
    throw migrationError(migrations, error, place);
  }
}

/** Does as the migrator, with more transactions, or with roles that are there. */
async function runEach(
  session: Session,
  migrations: Migrations,
  replay: Replay,
  applied: ReadonlySet<Migration>,
  begins: (statement: string, migration: Migration) => void,
): Promise<void> {
  await makeJournal(session, migrations);
  // since 1.0, which has a folder for each, the migrator knows migrations by their names
  const isNamed = migrations.layout === "folders";
  const insert = `insert into drizzle.__drizzle_migrations (hash, created_at${isNamed ? ", name" : ""}) values ($1::text, $2::bigint${isNamed ? ", $3::text" : ""})`;
  const files = readMigrationFiles({ migrationsFolder: migrations.folder });
  // COMMIT inside a migration ends the transaction, as it does under the migrator; a later one only warns then
  if (replay === "in one transaction") await session.script("begin");
  for (const [index, migration] of migrations.list.entries()) {
    if (applied.has(migration)) continue;
    if (replay === "migration by migration") await session.script("begin");
    for (const statement of migration.statements) {
      begins(statement, migration);
      await scriptWithRoles(session, statement);
    }
    await session.rows(insert, [files[index]?.hash, files[index]?.folderMillis, ...(isNamed ? [migration.tag] : [])]);
    if (replay === "migration by migration") await session.script("commit");
  }
  if (replay === "in one transaction") await session.script("commit");
}

/** The journal's table in the form of the migrator's own version, which makes it where there is nothing to run. */
const makeJournal = (session: Session, { layout, list }: Migrations): Promise<void> =>
  inFolder({ folder: "", layout, list: [], whole: list }, (migrationsFolder) =>
    migrate(drizzle({ client: session.client }), { migrationsFolder }),
  );
