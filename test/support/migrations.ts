/** Migrations folders made on the spot, of either layout. They are removed after the file's tests. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];
// not at exit: a runner kills its workers
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "with-test-db-test-"));
  made.push(folder);
  return folder;
}

/** A folder with a journal: tag → SQL, in order. */
export function journalFolder(migrations: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "meta"));
  const entries = Object.keys(migrations).map((tag, idx) => ({
    idx,
    version: "7",
    when: 1_700_000_000_000 + idx * 1000,
    tag,
    breakpoints: true,
  }));
  writeFileSync(
    join(folder, "meta", "_journal.json"),
    JSON.stringify({ version: "7", dialect: "postgresql", entries }, null, 2),
  );
  for (const [tag, text] of Object.entries(migrations)) writeFileSync(join(folder, `${tag}.sql`), text);
  return folder;
}

/** A folder per migration, as drizzle-kit 1.0 writes them: tag → SQL, in order. */
export function folderPerMigration(migrations: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [index, [tag, text]] of Object.entries(migrations).entries()) {
    const name = `${20_260_101_000_000 + index}_${tag}`;
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "migration.sql"), text);
  }
  return folder;
}
