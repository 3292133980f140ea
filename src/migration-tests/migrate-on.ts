/**
 * Runs what is left of a history in a database with rows in it, as a deployment would: by Drizzle's own migrator, which runs all
 * of it in one transaction. Where that fails, the database is as it was before.
 */
import { inSession, type Session } from "../connections/session.ts";
import { partsOf, TestDbError } from "../errors.ts";
import { MIGRATION_SETTINGS } from "../home/steps.ts";
import { inFolder } from "../migrations/in-folder.ts";
import { DRIZZLES_JOURNAL } from "../migrations/journal-table.ts";
import { placeOf } from "../migrations/migration-error.ts";
import type { Migration, Migrations } from "../migrations/read-migrations.ts";
import { assertLeavesAlone, nextReplay, type Replay, runMigrations } from "../migrations/run-migrations.ts";
import { type Pending, readPending } from "../rehearse/pending.ts";
import { REMEDIES } from "../rehearse/remedies.ts";
import { postgresError } from "../sql/sqlstate.ts";
import type { Unit } from "../unit/unit.ts";

export interface MigrateOnRequest {
  readonly unit: Unit;
  /** The history up to where it is to lead. */
  readonly part: Migrations;
  readonly replay: Replay;
  /** How long a statement may take, in milliseconds. */
  readonly deadline: number;
  /** The name of the database that was named, which no migration may change. */
  readonly named: string;
}

/** A session in the unit, with what a migration's connection has by default. */
export const inUnit = <T>(
  { target, settings }: Unit,
  work: (session: Session) => Promise<T>,
  deadline?: number,
): Promise<T> => inSession(target, work, { ...settings, ...MIGRATION_SETTINGS }, deadline);

/**
 * Returns the names of those that ran.
 *
 * @throws TestDbError `MIGRATION_FAILED`; `MIGRATIONS_INVALID` where Drizzle would pass over one of them
 */
export async function migrateOn({ unit, part, replay, deadline, named }: MigrateOnRequest): Promise<string[]> {
  assertLeavesAlone(part, named);
  return inUnit(
    unit,
    async (session) => {
      const { run, skipped } = await pendingIn(session, part);
      if (skipped.length > 0) throw neverRun(skipped);
      const names = new Set(run.map(({ tag }) => tag));
      const applied = new Set(part.list.filter(({ tag }) => !names.has(tag)));
      if (run.length === 0) return [];
      await runMigrations(session, part, replay, deadline, applied).catch((error: unknown) => {
        throw inRemedy(error, replay, { ...part, list: run });
      });
      return run.map(({ tag }) => tag);
    },
    deadline,
  );
}

/** How many of the migrations have run in a unit. */
export const countDone = (unit: Unit, part: Migrations): Promise<number> =>
  inUnit(unit, async (session) => (await pendingIn(session, part)).done);

const pendingIn = (session: Session, part: Migrations): Promise<Pending> =>
  inFolder(part, (folder) => readPending(session, { ...part, folder }, DRIZZLES_JOURNAL));

const neverRun = (skipped: readonly Migration[]): TestDbError =>
  new TestDbError("MIGRATIONS_INVALID", {
    what: `The migration ${skipped[0]?.file} would never run where a later one has: Drizzle passes it over`,
    why: "its time in meta/_journal.json is before that of one that ran, and drizzle-orm before 1.0 goes by the latest alone",
    next: "give it a later time: drop it and generate it again; npx with-test-db check",
  });

/** The error with what helps where rows, or the transaction, are in the way. */
function inRemedy(error: unknown, replay: Replay, left: Migrations): unknown {
  if (!(error instanceof TestDbError)) return error;
  const parts = partsOf.get(error);
  const place = placeOf.get(error);
  const smaller = nextReplay(error, replay, left);
  const remedy = REMEDIES[postgresError(error)?.code ?? ""];
  const alone = smaller && `run them as they were deployed: migrateOn(tag, { replay: ${JSON.stringify(smaller)} })`;
  const next = [remedy, alone].filter(Boolean).join("; or ");
  if (!parts || next === "") return error;
  const better = new TestDbError(error.code, { ...parts, next });
  if (place) placeOf.set(better, place);
  return better;
}
