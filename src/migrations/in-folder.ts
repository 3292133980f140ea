/**
 * The folder that the migrator is given: the project's own or, where only the first of its migrations are to run, a copy with
 * those alone, which is there as long as the work takes. The text of a migration is never changed.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inScratchFolder } from "../scratch-folder.ts";
import type { Migrations } from "./read-migrations.ts";

export async function inFolder<T>(
  migrations: Pick<Migrations, "folder" | "layout" | "list" | "whole">,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if (!migrations.whole) return work(migrations.folder);
  return inScratchFolder("history", async (folder) => {
    await (migrations.layout === "journal" ? writeJournal : writeFolders)(folder, migrations);
    return work(folder);
  });
}

/** Files have other names: a tag may lead out of its folder, and this migrator keeps none. */
async function writeJournal(folder: string, { list }: Pick<Migrations, "list">): Promise<void> {
  const entries = list.map(({ when }, idx) => ({ idx, version: "7", when, tag: `${idx}`, breakpoints: true }));
  await mkdir(join(folder, "meta"));
  await writeFile(
    join(folder, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "postgresql", entries }),
  );
  for (const [index, { text }] of list.entries()) await writeFile(join(folder, `${index}.sql`), text);
}

async function writeFolders(folder: string, { list }: Pick<Migrations, "list">): Promise<void> {
  for (const { tag, text } of list) {
    await mkdir(join(folder, tag));
    await writeFile(join(folder, tag, "migration.sql"), text);
  }
}
