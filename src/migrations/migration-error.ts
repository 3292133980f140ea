/** What a migration that failed is told as: its file, the lines around the place, and what to do. */
import type { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { COPY_REMEDY } from "./copy-from-stdin.ts";
import { leavesDatabase } from "./leaves-database.ts";
import type { Migration, Migrations } from "./read-migrations.ts";
import { takenRemedy } from "./roles.ts";
import { LATE_REMEDY, LateError } from "./within.ts";

/** What was being run; without a migration, a statement of the migrator's own. */
export interface Place {
  readonly statement: string;
  readonly migration: Migration | undefined;
}

/** Where migrations failed, by the error that says so. */
export const placeOf: WeakMap<TestDbError, Place> = new WeakMap();

export function migrationError({ folder, list }: Migrations, error: unknown, place: Place | undefined): TestDbError {
  const refused = postgresError(error);
  const again = isConnectionLost(error) ? "run it again: the connection to the server was lost" : undefined;
  if (!place) {
    return failure("MIGRATION_FAILED", { what: `Drizzle's migrator did not run ${folder}`, next: again }, error);
  }
  const { migration, statement } = place;
  // Postgres counts in the text that was sent
  const { query = statement } = (refused ?? {}) as { query?: string };
  const shown = migration ? excerpt(query, refused?.position) : "(the statement is not known)";
  const isRefused = refused?.code === SQLSTATE.activeTransaction;
  const outside = isRefused && list.flatMap(({ statements }) => statements).find(leavesDatabase);
  const kept =
    outside &&
    outside !== statement &&
    `it has to run in a transaction, since this reaches out of the database: ${excerpt(outside)}`;
  const remedy = error instanceof LateError ? LATE_REMEDY : refused ? ALONE : COPY_REMEDY;
  const failed = failure(
    "MIGRATION_FAILED",
    {
      what: `The migration ${migration?.file ?? `in ${folder}`} failed`,
      why: kept ? `in: ${shown}\n${kept}` : `in: ${shown}`,
      next: again ?? takenRemedy(error, statement) ?? remedy,
    },
    error,
  );
  placeOf.set(failed, place);
  return failed;
}

/** The line of a migration's file in which a statement failed, from 1. */
export function lineOf({ migration, statement }: Place, error: unknown): number | undefined {
  const { query = statement, position } = (postgresError(error) ?? {}) as { query?: string; position?: string };
  const begins = migration ? migration.text.indexOf(query) : -1;
  if (!migration || begins < 0) return undefined;
  const within = position ? Number(position) - 1 : query.length - query.trimStart().length;
  return migration.text.slice(0, begins + within).split("\n").length;
}

const ALONE = "run it on an empty database by itself: npx drizzle-kit migrate";
const EXCERPT_LINES = 6;

/** The lines of a statement around the position that Postgres complains of, counted in characters from 1. */
export function excerpt(statement: string, position?: string): string {
  const lines = statement.trimEnd().split("\n");
  const leading = lines.findIndex((line) => line.trim() !== "");
  const at = position ? statement.slice(0, Number(position)).split("\n").length - 1 : leading;
  const first = Math.max(leading, at - EXCERPT_LINES / 2);
  const shown = lines.slice(first, first + EXCERPT_LINES);
  return `${first > leading ? "…\n" : ""}${shown.join("\n")}${first + EXCERPT_LINES < lines.length ? "\n…" : ""}`;
}
