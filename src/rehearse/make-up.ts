/** A database with the history before the new migrations, and made-up rows in its tables. */
import { inSession, type Session } from "../connections/session.ts";
import { DEADLINE } from "../connections/waiting.ts";
import { dropDatabase } from "../control/databases.ts";
import { extensionsToMirror, mirrorExtensions } from "../home/extensions.ts";
import { MIGRATION_SETTINGS } from "../home/steps.ts";
import type { Migration, Migrations } from "../migrations/read-migrations.ts";
import { assertLeavesAlone, nextReplay, type Replay, runMigrations } from "../migrations/run-migrations.ts";
import { onDatabase } from "../target/target.ts";
import { createEmpty } from "./databases.ts";
import { fillTables } from "./fill-tables.ts";
import type { Unfilled } from "./rehearsal.ts";

export interface MadeUp {
  readonly isNew: ReadonlySet<Migration>;
  /** How many in each table. */
  readonly rows: number;
}

/**
 * @param beside - in the database that was named
 * @throws TestDbError `MIGRATION_FAILED` where the history before does not run, `EXTENSION_UNAVAILABLE`
 */
export async function makeUp(
  beside: Session,
  name: string,
  migrations: Migrations,
  { isNew, rows }: MadeUp,
  says: (doing: string) => void,
): Promise<Unfilled[]> {
  assertLeavesAlone(migrations, beside.target.database);
  const extensions = await extensionsToMirror(beside, migrations);
  let replay: Replay = "migration by migration";
  for (;;) {
    says(`running the migrations before, ${replay}`);
    await createEmpty(beside, name);
    try {
      return await within(beside, name, async (session) => {
        await mirrorExtensions(session, extensions);
        await runMigrations(session, migrations, replay, DEADLINE, isNew);
        return fillTables(session, rows, says);
      });
    } catch (error) {
      const next = nextReplay(error, replay, migrations);
      if (!next) throw error;
      await dropDatabase(beside, name);
      replay = next;
    }
  }
}

const within = <T>({ target }: Session, name: string, work: (session: Session) => Promise<T>): Promise<T> =>
  inSession(onDatabase(target, name), work, { ...MIGRATION_SETTINGS, application_name: name });
