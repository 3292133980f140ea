/**
 * Runs a project's migrations in an empty database: verbatim, by Drizzle's own migrator, which runs all in one transaction.
 * A history that was made in many transactions may fail in one: it is run in one transaction per migration, and where that is
 * not enough, statement by statement. The text of a migration is never changed.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import type { Session } from "../connections/session.ts";
import type { TestDbError } from "../errors.ts";
import { failure, isOutOfLocks } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { COPY_FROM_STDIN, COPY_REMEDY, copyFromStdin } from "./copy-from-stdin.ts";
import type { Migration, Migrations } from "./read-migrations.ts";

/** From the usual way to the last resort. */
export const REPLAYS = ["migrator", "migration by migration", "statement by statement"] as const;
export type Replay = (typeof REPLAYS)[number];

/** Failures that only come from replaying a history in fewer transactions than it was made in. */
const NEEDS_MORE_TRANSACTIONS: readonly string[] = [SQLSTATE.unsafeNewEnumValue, SQLSTATE.activeTransaction];

export const needsMoreTransactions = (error: unknown): boolean =>
  NEEDS_MORE_TRANSACTIONS.includes(postgresError(error)?.code ?? "") || isOutOfLocks(error);

/** @throws TestDbError `MIGRATION_FAILED` with the file, the statement and Postgres' words; Postgres' error is its cause */
export async function runMigrations(session: Session, migrations: Migrations, replay: Replay): Promise<void> {
  for (const migration of migrations.list) {
    const statement = copyFromStdin(migration.text);
    if (statement) throw migrationError(migrations, new Error(COPY_FROM_STDIN), { migration, statement });
  }
  if (replay === "migrator") {
    return migrate(drizzle({ client: session.client }), { migrationsFolder: migrations.folder }).catch((error) => {
      throw migrationError(migrations, error);
    });
  }
  for (const migration of migrations.list) {
    if (replay === "migration by migration") await session.script("begin");
    for (const statement of migration.statements.filter((text) => text.trim() !== "")) {
      await session.script(statement).catch((error) => {
        throw migrationError(migrations, error, { migration, statement });
      });
    }
    // COMMIT inside a migration has already ended the transaction, as it does under the migrator; this only warns then
    if (replay === "migration by migration") await session.script("commit");
  }
  await fillJournal(session, migrations);
}

/** The journal that the migrator would have left, so that an application that migrates at start finds nothing to do. */
async function fillJournal(session: Session, migrations: Migrations): Promise<void> {
  const empty = await mkdtemp(join(tmpdir(), "with-test-db-"));
  try {
    if (migrations.layout === "journal") {
      await mkdir(join(empty, "meta"));
      await writeFile(join(empty, "meta", "_journal.json"), '{"entries":[]}');
    }
    // with nothing to run it makes its table, in the form of its own version
    await migrate(drizzle({ client: session.client }), { migrationsFolder: empty });
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
  // since 1.0, which has a folder for each, the migrator knows migrations by their names
  const isNamed = migrations.layout === "folders";
  const insert = isNamed
    ? "insert into drizzle.__drizzle_migrations (hash, created_at, name) values ($1::text, $2::bigint, $3::text)"
    : "insert into drizzle.__drizzle_migrations (hash, created_at) values ($1::text, $2::bigint)";
  for (const [index, { hash, folderMillis }] of readMigrationFiles({ migrationsFolder: migrations.folder }).entries()) {
    await session.rows(insert, [hash, folderMillis, ...(isNamed ? [migrations.list[index]?.tag] : [])]);
  }
}

function migrationError(
  migrations: Migrations,
  error: unknown,
  known?: { readonly migration: Migration; readonly statement: string },
): TestDbError {
  const refused = postgresError(error);
  if (!refused && !known) {
    const next = isConnectionLost(error) ? "run it again: the connection to the server was lost" : undefined;
    return failure("MIGRATION_FAILED", { what: `Drizzle's migrator did not run ${migrations.folder}`, next }, error);
  }
  const { query } = (refused ?? {}) as { query?: string };
  const statement = known?.statement ?? query ?? "";
  const migration = known?.migration ?? migrations.list.find(({ statements }) => query && statements.includes(query));
  const shown = migration ? excerpt(statement, refused?.position) : "(the statement is not known)";
  const what = `The migration ${migration?.file ?? `in ${migrations.folder}`} failed`;
  const next = refused ? "run it on an empty database by itself: npx drizzle-kit migrate" : COPY_REMEDY;
  return failure("MIGRATION_FAILED", { what, why: `in: ${shown}`, next }, error);
}

const EXCERPT_LINES = 6;

/** The lines of a statement around the position that Postgres complains of, counted in characters from 1. */
function excerpt(statement: string, position: string | undefined): string {
  const lines = statement.trimEnd().split("\n");
  const leading = lines.findIndex((line) => line.trim() !== "");
  const at = position ? statement.slice(0, Number(position)).split("\n").length - 1 : leading;
  const first = Math.max(leading, at - EXCERPT_LINES / 2);
  const shown = lines.slice(first, first + EXCERPT_LINES);
  return `${first > leading ? "…\n" : ""}${shown.join("\n")}${first + EXCERPT_LINES < lines.length ? "\n…" : ""}`;
}
