/** What Drizzle's journal in a database says of the migrations in a folder. */
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import type { Migration, Migrations } from "../migrations/read-migrations.ts";
import { nameFlag, type Place } from "./standing.ts";

export const JOURNAL = "drizzle.__drizzle_migrations";

export interface Journal {
  readonly applied: readonly Migration[];
  /** What the migrator would run. */
  readonly pending: readonly Migration[];
  /** Those that ran with another text than they have now. */
  readonly changed: readonly Migration[];
  /** Those that did not run, and that the migrator passes over, since a later one ran. */
  readonly skipped: readonly Migration[];
  /** What ran that is not in the folder: names, or when they were made. */
  readonly unknown: readonly string[];
}

interface Entry {
  readonly hash: string;
  readonly when: number;
  readonly name: string | null;
}

export async function readJournal(session: Session, migrations: Migrations): Promise<Journal> {
  const [there] = await session.rows("select where to_regclass($1::text) is not null", [JOURNAL]);
  const entries = there
    ? await session.rows<Entry & Record<string, unknown>>(
        `select j.hash, j.created_at::float8 as when, to_jsonb(j) ->> 'name' as name from ${JOURNAL} j order by j.id`,
      )
    : [];
  return journalOf(entries, migrations);
}

/** Pure but for the files, which Drizzle reads: it alone says what a migration's hash is. */
export function journalOf(entries: readonly Entry[], migrations: Migrations): Journal {
  const files = readMigrationFiles({ migrationsFolder: migrations.folder });
  const isNamed = migrations.layout === "folders";
  const left = new Set(entries);
  const last = Math.max(...entries.map(({ when }) => when));
  const journal = { applied: [], pending: [], changed: [], skipped: [] } as Record<string, Migration[]>;
  for (const [index, migration] of migrations.list.entries()) {
    const file = files[index];
    const entry = [...left].find(({ name, when }) =>
      isNamed && name !== null ? name === migration.tag : when === file?.folderMillis,
    );
    if (!entry) {
      // before 1.0, the migrator goes by time alone
      const isSkipped = !isNamed && (file?.folderMillis ?? 0) <= last;
      journal[isSkipped ? "skipped" : "pending"]?.push(migration);
      continue;
    }
    left.delete(entry);
    journal["applied"]?.push(migration);
    if (entry.hash !== file?.hash) journal["changed"]?.push(migration);
  }
  const unknown = [...left].map(({ name, when }) => name ?? `of ${new Date(when).toISOString()}`);
  return { ...(journal as unknown as Omit<Journal, "unknown">), unknown };
}

/** In words: what is wrong with a journal, whatever is pending. */
export const faultsOf = ({ changed, skipped, unknown }: Journal): string[] => [
  ...changed.map(({ tag }) => `the migration ${tag} ran, and has changed since`),
  ...skipped.map(({ tag }) => `the migration ${tag} did not run, and never will: it is older than the last that ran`),
  ...unknown.map((name) => `a migration ran that is not in the folder: ${name}`),
];

/** @throws TestDbError `MIGRATIONS_INVALID` where the history in the database is another one than that in the folder */
export function assertSameHistory(journal: Journal, { folder }: Migrations, place: Place): void {
  const faults = faultsOf(journal);
  if (faults.length === 0) return;
  throw new TestDbError("MIGRATIONS_INVALID", {
    what: `${place.name} has another history than ${folder}`,
    why: faults.join("\n"),
    next: `npx with-test-db database reset${nameFlag(place)}`,
  });
}
