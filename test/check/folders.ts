/** Migrations folders with snapshots, as drizzle-kit writes them, or not quite. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderPerMigration, journalFolder } from "../support/migrations.ts";

const NONE = "00000000-0000-0000-0000-000000000000";

/** A folder with a journal, and a snapshot for each that follows the one before. */
export function withSnapshots(migrations: Readonly<Record<string, string>>): string {
  const folder = journalFolder(migrations);
  for (const [index, tag] of Object.keys(migrations).entries()) {
    const number = tag.split("_")[0] as string;
    snapshot(join(folder, "meta", `${number}_snapshot.json`), {
      id: `id-${index}`,
      prevId: index ? `id-${index - 1}` : NONE,
    });
  }
  return folder;
}

/** The same with a folder each, as since 1.0. */
export function foldersWithSnapshots(migrations: Readonly<Record<string, string>>): string {
  const folder = folderPerMigration(migrations);
  for (const [index, tag] of Object.keys(migrations).entries()) {
    const file = join(folder, `${20_260_101_000_000 + index}_${tag}`, "snapshot.json");
    snapshot(file, { id: `id-${index}`, prevIds: [index ? `id-${index - 1}` : NONE] });
  }
  return folder;
}

export const snapshot = (file: string, content: Readonly<Record<string, unknown>>): void =>
  writeFileSync(file, JSON.stringify({ version: "7", dialect: "postgresql", ...content }));

interface JournalEntry {
  idx: number;
  when: number;
  tag: string;
}

/** Changes the journal's entries. */
export function changeJournal(folder: string, change: (entries: JournalEntry[]) => void): void {
  const file = join(folder, "meta", "_journal.json");
  const journal = JSON.parse(readFileSync(file, "utf8")) as { entries: JournalEntry[] };
  change(journal.entries);
  writeFileSync(file, JSON.stringify(journal));
}

/** Adds a folder for a migration, with what is named of it. */
export function addFolder(folder: string, name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, name));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
}
