/**
 * Runs a project's migrations in an empty database: verbatim, by Drizzle's own migrator, which runs all in one transaction.
 * A history that was made in many transactions may fail in one: it is run in one transaction per migration, or statement by
 * statement. The text of a migration is never changed, but for roles that are there already.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import type { Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { failure, isOutOfLocks } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { COPY_FROM_STDIN, COPY_REMEDY, copyFromStdin } from "./copy-from-stdin.ts";
import { leavesDatabase } from "./leaves-database.ts";
import type { Migration, Migrations } from "./read-migrations.ts";
import { makesRoles, scriptWithRoles, takenRemedy } from "./roles.ts";
import { LATE_REMEDY, LateError, within } from "./within.ts";

export type Replay = "in one transaction" | "migration by migration" | "statement by statement";

/** How to run migrations in another empty database, after a failure that only comes from fewer transactions than they were made in. */
export function nextReplay(error: unknown, replay: Replay, { list }: Migrations): Replay | undefined {
  if (!(error instanceof TestDbError && error.code === "MIGRATION_FAILED")) return undefined;
  const code = postgresError(error)?.code;
  // what no transaction allows fails in smaller ones, too
  const isRefused = code === SQLSTATE.activeTransaction;
  if (!isRefused && code !== SQLSTATE.unsafeNewEnumValue && !isOutOfLocks(error)) return undefined;
  if (replay === "statement by statement" || list.some(({ statements }) => statements.some(leavesDatabase)))
    return undefined;
  return isRefused || replay === "migration by migration" ? "statement by statement" : "migration by migration";
}

/** What is being run. */
interface Place {
  readonly statement: string;
  readonly migration: Migration | undefined;
}

/**
 * @param deadline - how long a statement may take, in milliseconds
 * @throws TestDbError `MIGRATION_FAILED` with the file, the statement and Postgres' words; Postgres' error is its cause
 */
export async function runMigrations(
  session: Session,
  migrations: Migrations,
  replay: Replay,
  deadline: number,
): Promise<void> {
  const { list, folder } = migrations;
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
      if (isOurs) return runEach(session, migrations, replay, begins);
      await migrate(drizzle({ client: session.client, logger: { logQuery: (query) => begins(query) } }), {
        migrationsFolder: folder,
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
async function makeJournal(session: Session, { layout }: Migrations): Promise<void> {
  const empty = await mkdtemp(join(tmpdir(), "with-test-db-"));
  try {
    if (layout === "journal") {
      await mkdir(join(empty, "meta"));
      await writeFile(join(empty, "meta", "_journal.json"), '{"entries":[]}');
    }
    await migrate(drizzle({ client: session.client }), { migrationsFolder: empty });
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
}

function migrationError({ folder, list }: Migrations, error: unknown, place: Place | undefined): TestDbError {
  const refused = postgresError(error);
  const again = isConnectionLost(error) && "run it again: the connection to the server was lost";
  if (!place) {
    return failure(
      "MIGRATION_FAILED",
      { what: `Drizzle's migrator did not run ${folder}`, next: again || undefined },
      error,
    );
  }
  const { migration, statement } = place;
  // Postgres counts in the text that was sent
  const { query = statement } = (refused ?? {}) as { query?: string };
  const outside =
    refused?.code === SQLSTATE.activeTransaction && list.flatMap(({ statements }) => statements).find(leavesDatabase);
  const kept =
    outside && outside !== statement
      ? `it is run in a transaction, since another statement reaches out of the database: ${excerpt(outside)}`
      : "";
  const next =
    again ||
    takenRemedy(error, statement) ||
    (error instanceof LateError ? LATE_REMEDY : refused ? ALONE : COPY_REMEDY);
  return failure(
    "MIGRATION_FAILED",
    {
      what: `The migration ${migration?.file ?? `in ${folder}`} failed`,
      why: [`in: ${migration ? excerpt(query, refused?.position) : "(the statement is not known)"}`, kept]
        .join("\n")
        .trimEnd(),
      next,
    },
    error,
  );
}

const ALONE = "run it on an empty database by itself: npx drizzle-kit migrate";
const EXCERPT_LINES = 6;

/** The lines of a statement around the position that Postgres complains of, counted in characters from 1. */
function excerpt(statement: string, position?: string): string {
  const lines = statement.trimEnd().split("\n");
  const leading = lines.findIndex((line) => line.trim() !== "");
  const at = position ? statement.slice(0, Number(position)).split("\n").length - 1 : leading;
  const first = Math.max(leading, at - EXCERPT_LINES / 2);
  const shown = lines.slice(first, first + EXCERPT_LINES);
  return `${first > leading ? "…\n" : ""}${shown.join("\n")}${first + EXCERPT_LINES < lines.length ? "\n…" : ""}`;
}
