/** Reads a migrations folder as it lies there, whole or not: what its journal names, and what there is. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { wordsOf } from "../errors.ts";
import type { Layout } from "../migrations/read-migrations.ts";

export interface Entry {
  readonly tag: string;
  readonly file: string;
  readonly isThere: boolean;
  /** The journal's milliseconds, or the digits of the folder's name. */
  readonly when: number;
  /** The journal's number; undefined where each migration has a folder. */
  readonly idx: number | undefined;
  /** The file with what the schema is like after it. */
  readonly snapshot: string;
  readonly hasSnapshot: boolean;
}

export interface MigrationsFolder {
  readonly folder: string;
  readonly layout: Layout;
  /** In the order in which the migrator runs them. */
  readonly list: readonly Entry[];
  /** Files of SQL that are no migration's, so that none runs them. */
  readonly orphans: readonly string[];
  /** Why the journal, or an entry in it, can't be read. */
  readonly broken: readonly string[];
}

export function readFolder(folder: string): MigrationsFolder {
  const names = readdirSync(folder);
  const files = names.filter((name) => name.endsWith(".sql"));
  const journal = join(folder, "meta", "_journal.json");
  if (!existsSync(journal)) {
    const list = names
      .filter((name) => ["migration.sql", "snapshot.json"].some((file) => existsSync(join(folder, name, file))))
      .sort((a, b) => a.localeCompare(b))
      .map((tag) =>
        entryOf(
          tag,
          Number(tag.slice(0, 14)),
          undefined,
          join(folder, tag, "migration.sql"),
          join(folder, tag, "snapshot.json"),
        ),
      );
    return { folder, layout: "folders", list, orphans: files.map((name) => join(folder, name)), broken: [] };
  }
  const { list, broken } = readJournal(folder, journal);
  const known = new Set(list.map(({ tag }) => `${tag}.sql`));
  const orphans = broken.length > 0 ? [] : files.filter((name) => !known.has(name)).map((name) => join(folder, name));
  return { folder, layout: "journal", list, orphans, broken };
}

function readJournal(folder: string, journal: string): Pick<MigrationsFolder, "list" | "broken"> {
  let entries: unknown;
  try {
    entries = (JSON.parse(readFileSync(journal, "utf8")) as { entries?: unknown } | null)?.entries;
  } catch (error) {
    return { list: [], broken: [`it is not JSON: ${wordsOf(error)}`] };
  }
  if (!Array.isArray(entries)) return { list: [], broken: ['it has no list of "entries"'] };
  const list: Entry[] = [];
  const broken: string[] = [];
  for (const [index, entry] of (entries as Partial<Record<string, unknown>>[]).entries()) {
    const { tag, when, idx } = entry ?? {};
    if (typeof tag !== "string" || tag === "" || !Number.isSafeInteger(when)) {
      broken.push(`its entry ${index} has no tag (a string) or no when (a number)`);
      continue;
    }
    const snapshot = join(folder, "meta", `${tag.split("_")[0]}_snapshot.json`);
    list.push(entryOf(tag, when as number, idx as number | undefined, join(folder, `${tag}.sql`), snapshot));
  }
  return { list, broken };
}

const entryOf = (tag: string, when: number, idx: number | undefined, file: string, snapshot: string): Entry => ({
  ...{ tag, when, idx, file, snapshot },
  isThere: existsSync(file),
  hasSnapshot: existsSync(snapshot),
});

/** Entries that are older than one before them: Drizzle's migrator before 1.0 passes over them where that one ran. */
export function lateIn(list: readonly Entry[]): Map<Entry, Entry> {
  const late = new Map<Entry, Entry>();
  let newest: Entry | undefined;
  for (const entry of list) {
    if (newest && entry.when <= newest.when) late.set(entry, newest);
    else newest = entry;
  }
  return late;
}
