/**
 * Reads a migrations folder of either layout: a journal with one file per migration (drizzle-kit 0.31), or one folder
 * per migration (drizzle-kit 1.0). Drizzle's own migrator runs them; this tells what it will run, in which order, for
 * the fingerprint and for errors that name the file.
 */
import { existsSync, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { TestDbError, wordsOf } from "../errors.ts";
import { drizzleVersion } from "./drizzle-version.ts";

/** One migration, as it lies on the disk. */
export interface Migration {
  /** `0003_add_teams`, or the folder's name. */
  readonly tag: string;
  readonly file: string;
  readonly text: string;
  /** What Drizzle's migrator sends, one by one. */
  readonly statements: readonly string[];
  /** When it was made, in milliseconds, as the journal or the folder's name says. */
  readonly when: number;
}

export type Layout = "journal" | "folders";

export interface Migrations {
  readonly folder: string;
  readonly layout: Layout;
  /** In the order in which the migrator runs them. */
  readonly list: readonly Migration[];
}

/**
 * Reads and checks the folder, for the drizzle-orm that is to run it.
 *
 * @throws TestDbError `MIGRATIONS_NOT_FOUND`, `MIGRATIONS_INVALID`
 */
export function readMigrations(folder: string, drizzle: string = drizzleVersion): Migrations {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new TestDbError("MIGRATIONS_NOT_FOUND", {
      what: `There is no folder ${folder}`,
      why: `migrationsFolder is resolved against the directory the process was started in unless it is absolute${isAbsolute(folder) ? "" : `: ${resolve(folder)}`}`,
      next: 'resolve(dirname(fileURLToPath(import.meta.url)), "..", "drizzle"), or make it: npx drizzle-kit generate',
    });
  }
  const journal = join(folder, "meta", "_journal.json");
  const layout: Layout = existsSync(journal) ? "journal" : "folders";
  const list = layout === "journal" ? readJournal(folder, journal) : readFolders(folder);
  if (list.length === 0) {
    throw new TestDbError("MIGRATIONS_NOT_FOUND", {
      what: `${folder} holds no migrations`,
      why:
        layout === "journal"
          ? "its journal, meta/_journal.json, has no entries"
          : "it has neither meta/_journal.json nor folders with a migration.sql in them",
      next: "npx drizzle-kit generate",
    });
  }
  assertRuns(folder, layout, drizzle);
  const before = folders.get(folder);
  if (before?.layout === layout && isSame(before.list, list)) return before;
  const migrations = { folder, layout, list };
  folders.set(folder, migrations);
  return migrations;
}

/** What was read last in this process: a folder that did not change is the same object, and is hashed once. */
const folders = new Map<string, Migrations>();

const isSame = (one: readonly Migration[], other: readonly Migration[]): boolean =>
  one.length === other.length && one.every((migration, index) => migration === other[index]);

/** Each line of Drizzle's migrator runs one layout, and takes the other for a broken or an empty one. */
function assertRuns(folder: string, layout: Layout, drizzle: string): void {
  const runs: Layout = Number.parseInt(drizzle, 10) === 0 ? "journal" : "folders";
  if (layout === runs) return;
  throw new TestDbError("MIGRATIONS_INVALID", {
    what: `drizzle-orm ${drizzle} does not run ${folder}`,
    ...(layout === "journal"
      ? {
          why: "it has meta/_journal.json, which drizzle-orm 0.45 runs; since 1.0 each migration has a folder of its own",
          next: "npx drizzle-kit up, with drizzle-kit 1.0; or: npm install drizzle-orm@^0.45",
        }
      : {
          why: "each migration has a folder of its own, which drizzle-orm runs since 1.0; 0.45 wants meta/_journal.json",
          next: "npm install drizzle-orm@^1.0.0-rc.1",
        }),
  });
}

function readJournal(folder: string, journal: string): Migration[] {
  const broken = (why: string, cause?: unknown): TestDbError =>
    new TestDbError("MIGRATIONS_INVALID", {
      what: `The journal ${journal} cannot be read`,
      why,
      next: "git checkout it, or run npx drizzle-kit check",
      cause,
    });
  let text: string;
  try {
    text = readFileSync(journal, "utf8");
  } catch (error) {
    throw broken(wordsOf(error), error);
  }
  const before = journals.get(journal);
  if (before?.text === text) return before.entries.map(readEntry);
  let entries: unknown;
  try {
    entries = (JSON.parse(text) as { entries?: unknown } | null)?.entries;
  } catch (error) {
    const marked = text.startsWith("\ufeff");
    throw broken(
      marked
        ? "it begins with a byte order mark, which JSON must not"
        : "it is not JSON; a merge may have left it in pieces",
      error,
    );
  }
  if (!Array.isArray(entries)) throw broken('it has no list of "entries"');
  const checked = entries.map((entry: { tag?: unknown; when?: unknown } | null, index) => {
    const { tag, when } = entry ?? {};
    if (typeof tag !== "string" || tag === "" || !isMoment(when)) {
      throw broken(`its entry ${index} has no tag (a string) or no when (a number)`);
    }
    return { tag, when, file: join(folder, `${tag}.sql`) };
  });
  journals.set(journal, { text, entries: checked });
  return checked.map(readEntry);
}

interface Entry {
  readonly tag: string;
  readonly when: number;
  readonly file: string;
}

/** Journals that were read before in this process. */
const journals = new Map<string, { readonly text: string; readonly entries: readonly Entry[] }>();

const readEntry = ({ tag, when, file }: Entry): Migration =>
  readMigration(tag, file, when, "its journal, meta/_journal.json,");

/** Drizzle keeps it as a bigint. */
const isMoment = (when: unknown): when is number => Number.isSafeInteger(when);

function readFolders(folder: string): Migration[] {
  return namesIn(folder)
    .filter((name) => existsSync(join(folder, name, "migration.sql")))
    .sort((a, b) => a.localeCompare(b)) // as Drizzle's migrator does
    .map((name) => readMigration(name, join(folder, name, "migration.sql"), Number(name.slice(0, 14)), "the folder"));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new TestDbError("MIGRATIONS_INVALID", {
      what: `The folder ${folder} cannot be read`,
      why: wordsOf(cause),
      next: `ls -ld ${folder}`,
      cause,
    });
  }
}

/** What was read before in this process, by file, with what the file system said of it then. */
const known = new Map<string, { readonly stamp: Stamp; readonly migration: Migration }>();

type Stamp = Pick<Stats, "mtimeMs" | "ctimeMs" | "size" | "ino">;

const isUnchanged = (
  before: { stamp: Stamp; migration: Migration },
  tag: string,
  when: number,
  stamp: Stamp,
): boolean =>
  before.stamp.mtimeMs === stamp.mtimeMs &&
  before.stamp.ctimeMs === stamp.ctimeMs &&
  before.stamp.size === stamp.size &&
  before.stamp.ino === stamp.ino &&
  before.migration.tag === tag &&
  before.migration.when === when;

function readMigration(tag: string, file: string, when: number, namedBy: string): Migration {
  try {
    const stamp: Stamp = statSync(file);
    const before = known.get(file);
    if (before && isUnchanged(before, tag, when, stamp)) return before.migration;
    const text = readFileSync(file, "utf8");
    const migration = { tag, file, text, when, statements: text.split("--> statement-breakpoint") };
    known.set(file, { stamp, migration });
    return migration;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT") {
      throw new TestDbError("MIGRATIONS_INVALID", {
        what: `The migration ${file} cannot be read`,
        why: wordsOf(cause),
        next: "git status, then npx drizzle-kit check",
        cause,
      });
    }
    throw new TestDbError("MIGRATIONS_INVALID", {
      what: `The migration ${file} is not there`,
      why: `${namedBy} names ${JSON.stringify(tag)}; the file may not have been committed, or was renamed by hand`,
      next: "git status, then npx drizzle-kit check",
      cause,
    });
  }
}
