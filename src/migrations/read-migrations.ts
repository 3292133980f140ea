/**
 * Reads a migrations folder of either layout: a journal with one file per migration (drizzle-kit 0.31), or one folder
 * per migration (drizzle-kit 1.0). Drizzle's own migrator runs them; what it will run, in which order, is read here for the
 * fingerprint, and for errors that name the file. A folder whose files have not changed is not read again.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, sep } from "node:path";
import { npmVersion as drizzleVersion } from "drizzle-orm/version";
import { TestDbError, wordsOf } from "../errors.ts";

export interface Migration {
  /** `0003_add_teams`, or the folder's name. */
  readonly tag: string;
  readonly file: string;
  readonly text: string;
  /** What Drizzle's migrator sends, one by one. */
  readonly statements: readonly string[];
  /** When the migration was made: the journal's milliseconds, or the digits of the folder's name, 20250101093000. */
  readonly when: number;
}

export type Layout = "journal" | "folders";

export interface Migrations {
  readonly folder: string;
  readonly layout: Layout;
  /** In the order in which the migrator runs them. */
  readonly list: readonly Migration[];
  /** Changes with all that the migrator reads, and with the migrator's version. */
  readonly digest: string;
  /** All of the folder's, where `list` has only the first of them: the migrator is given a copy of the folder with those alone. */
  readonly whole?: readonly Migration[];
}

/**
 * What was read last in this process, by folder, with what the file system said of the files then. It is not asked for the
 * first call, which in most processes is the only one.
 */
const known = new Map<string, { readonly stamp: string | undefined; readonly migrations: Migrations }>();

/** In the place of a version of drizzle-orm: the migrations are looked at, and run by none. */
export const NOT_RUN = "not run";

/**
 * @param drizzle - the version of drizzle-orm that is to run the migrations, or `NOT_RUN`
 * @throws TestDbError `MIGRATIONS_NOT_FOUND`, `MIGRATIONS_INVALID`
 */
export function readMigrations(folder: string, drizzle: string = drizzleVersion): Migrations {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw noFolder(folder);
  }
  const journal = join(folder, "meta", "_journal.json");
  const layout: Layout = existsSync(journal) ? "journal" : "folders";
  const entries = layout === "journal" ? readJournal(folder, journal) : readFolders(folder);
  if (entries.length === 0) {
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
  const before = known.get(folder);
  const stamp =
    before && JSON.stringify([drizzle, layout, entries, entries.map((entry) => inFile(entry, layout, stampOf))]);
  if (before && before.stamp === stamp) return before.migrations;
  const list = entries.map((entry) => {
    const text = inFile(entry, layout, (file) => readFileSync(file, "utf8"));
    return { ...entry, text, statements: text.split("--> statement-breakpoint") };
  });
  const migrations = { folder, layout, list, digest: digestOf(drizzle, layout, list) };
  known.set(folder, { stamp, migrations });
  return migrations;
}

/** @param besides - what else changes what comes of them */
export function digestOf(
  drizzle: string,
  layout: Layout,
  list: readonly Migration[],
  besides: readonly string[] = [],
): string {
  const lengths = list.map(({ tag, when, text }) => [tag, when, text.length]);
  // the lengths keep apart what is put together, and cost less than quoting it all
  const content = JSON.stringify([drizzle, layout, lengths, ...besides]);
  return createHash("sha256")
    .update(content + list.map(({ text }) => text).join(""))
    .digest("hex");
}

/** What the user probably wrote instead of a folder's path. */
function noFolder(folder: string): TestDbError {
  const here = 'migrationsFolder: join(import.meta.dirname, "../drizzle")';
  const missing = (why: string, next: string): TestDbError =>
    new TestDbError("MIGRATIONS_NOT_FOUND", { what: `There is no folder ${folder}`, why, next });
  if (/^file:/i.test(folder))
    return missing("it is a URL, not a path", `fileURLToPath(${JSON.stringify(folder)}), or ${here}`);
  if (/^https?:/i.test(folder)) {
    return missing("it is a page's address: in jsdom and happy-dom, new URL(…, import.meta.url) makes one", here);
  }
  if (existsSync(folder)) {
    const parent = /[\\/]meta[\\/]_journal\.json$/.test(folder) ? dirname(dirname(folder)) : dirname(folder);
    return missing(
      "it is a file; the folder that holds all migrations is wanted",
      `migrationsFolder: ${JSON.stringify(parent)}`,
    );
  }
  const generate = "or make it: npx drizzle-kit generate";
  if (isAbsolute(folder))
    return missing("nothing is there", `see out in drizzle.config.ts for where it is, ${generate}`);
  const at = `it was looked for in ${process.cwd()}, where the process was started`;
  const path = folder.replace(/^(\.\.?[\\/])+/, "");
  const found = upwards(process.cwd())
    .map((directory) => join(directory, path))
    .find(existsSync);
  return found
    ? missing(`${at}; there is ${found}`, `${here}, relative to the test's file`)
    : missing(at, `relative to the test's file: ${here}; ${generate}`);
}

/** A directory and those above it, from near to far. */
const upwards = (directory: string): string[] =>
  dirname(directory) === directory ? [] : [directory, ...upwards(dirname(directory))];

/** The migrator of each major version runs one layout, and takes the other layout for a broken or an empty folder. */
function assertRuns(folder: string, layout: Layout, drizzle: string): void {
  if (drizzle === NOT_RUN) return;
  const runs: Layout = Number.parseInt(drizzle, 10) === 0 ? "journal" : "folders";
  if (layout === runs) return;
  throw new TestDbError("MIGRATIONS_INVALID", {
    what: `drizzle-orm ${drizzle} does not run ${folder}`,
    ...(layout === "journal"
      ? {
          why: "it has meta/_journal.json, which drizzle-orm runs before 1.0; since then each migration has a folder of its own",
          next: "npx drizzle-kit up, with drizzle-kit 1.0; or: npm install drizzle-orm@^0.45",
        }
      : {
          why: "each migration has a folder of its own, which drizzle-orm runs since 1.0; before, it wants meta/_journal.json",
          next: "npm install drizzle-orm@^1.0.0-rc.1",
        }),
  });
}

type Entry = Pick<Migration, "tag" | "file" | "when">;

function readJournal(folder: string, journal: string): Entry[] {
  const broken = (why: string, cause?: unknown): TestDbError =>
    unreadable(`The journal ${journal} cannot be read`, why, "git checkout it, or run npx drizzle-kit check", cause);
  let text = "";
  let entries: unknown;
  try {
    text = readFileSync(journal, "utf8");
    entries = (JSON.parse(text) as { entries?: unknown } | null)?.entries;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code) throw broken(wordsOf(error), error);
    const marked = text.startsWith("\ufeff") && "it begins with a byte order mark, which JSON must not";
    throw broken(marked || "it is not JSON; a merge may have left it in pieces", error);
  }
  if (!Array.isArray(entries)) throw broken('it has no list of "entries"');
  return entries.map((entry: { tag?: unknown; when?: unknown } | null, index) => {
    const { tag, when } = entry ?? {};
    // Drizzle keeps the moment as a bigint
    if (typeof tag !== "string" || tag === "" || !Number.isSafeInteger(when)) {
      throw broken(`its entry ${index} has no tag (a string) or no when (a number)`);
    }
    // join() takes as long as reading the file, where a process has only just started
    return { tag, when: when as number, file: `${folder}${sep}${tag}.sql` };
  });
}

function readFolders(folder: string): Entry[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw unreadable(`The folder ${folder} cannot be read`, wordsOf(cause), `ls -ld ${folder}`, cause);
  }
  return names
    .map((name) => ({ tag: name, file: join(folder, name, "migration.sql"), when: Number(name.slice(0, 14)) }))
    .filter(({ file }) => existsSync(file))
    .sort((a, b) => a.tag.localeCompare(b.tag)); // as Drizzle's migrator does
}

/** Differs once the file was written to, or another file is in its place. */
function stampOf(file: string): readonly number[] {
  const { mtimeMs, ctimeMs, size, ino } = statSync(file);
  return [mtimeMs, ctimeMs, size, ino];
}

/** Does something with a migration's file; where that fails, the error names the file. */
function inFile<Result>({ tag, file }: Entry, layout: Layout, work: (file: string) => Result): Result {
  try {
    return work(file);
  } catch (cause) {
    const next = "git status, then npx drizzle-kit check";
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
      throw unreadable(`The migration ${file} cannot be read`, wordsOf(cause), next, cause);
    }
    const namedBy = layout === "journal" ? "its journal, meta/_journal.json," : "the folder";
    const why = `${namedBy} names ${JSON.stringify(tag)}; the file may not have been committed, or was renamed by hand`;
    throw unreadable(`The migration ${file} is not there`, why, next, cause);
  }
}

const unreadable = (what: string, why: string, next: string, cause: unknown): TestDbError =>
  new TestDbError("MIGRATIONS_INVALID", { what, why, next, cause });
