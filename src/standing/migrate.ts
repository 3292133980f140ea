/** Runs the migrations that are pending in a standing database, by Drizzle's own migrator. */
import { inSession, type Session } from "../connections/session.ts";
import { MIGRATION_SETTINGS } from "../home/steps.ts";
import { assertLeavesAlone, nextReplay, type Replay, runMigrations } from "../migrations/run-migrations.ts";
import { onDatabase, type Target } from "../target/target.ts";
import { assertSameHistory, type Journal, readJournal } from "./journal.ts";
import { PATIENCE, type Project, requireStanding } from "./standing.ts";

/**
 * Returns the names of those that ran. What ran before a failure stays.
 *
 * @param session - in the named database
 * @throws TestDbError `MIGRATIONS_INVALID`, `MIGRATION_FAILED`
 */
export async function migrateStanding(session: Session, project: Project): Promise<string[]> {
  await requireStanding(session, project);
  const { migrations, name, target } = project;
  assertLeavesAlone(migrations, target.database);
  const own = onDatabase(session.target, name);
  const before = await journalIn(own, project);
  assertSameHistory(before, migrations, project);
  for (let replay: Replay = "in one transaction"; ; ) {
    const { applied, pending } = await journalIn(own, project);
    if (pending.length === 0) break;
    try {
      await inSession(
        own,
        (own) => runMigrations(own, migrations, replay, PATIENCE, new Set(applied)),
        MIGRATION_SETTINGS,
      );
      break;
    } catch (error) {
      // a transaction that failed left nothing; what smaller ones have done is in the journal
      const next = nextReplay(error, replay, { ...migrations, list: pending });
      if (!next) throw error;
      replay = next;
    }
  }
  return before.pending.map(({ tag }) => tag);
}

const journalIn = (own: Target, { migrations }: Project): Promise<Journal> =>
  inSession(own, (session) => readJournal(session, migrations));
