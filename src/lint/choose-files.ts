/** Which migrations are looked at: those that were named, else all, else those that are new. */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { TestDbError } from "../errors.ts";
import { type NewMigrations, newMigrations } from "../migrations/new-migrations.ts";
import type { Migration, Migrations } from "../migrations/read-migrations.ts";
import { nearest } from "../nearest.ts";

export interface Choice {
  /** Tags, their numbers, or files. */
  readonly names?: readonly string[];
  readonly all?: boolean;
  /** What new migrations are not on. `@default` see `findBase()` */
  readonly base?: string | undefined;
}

export interface Chosen {
  /** Relative to the current folder. */
  readonly files: readonly string[];
  /** The branch without which the migrations are new; undefined where that was not asked. */
  readonly base: string | undefined;
}

/** @throws TestDbError `OPTION_INVALID` */
export async function chooseFiles(migrations: Migrations, { names = [], all, base }: Choice): Promise<Chosen> {
  if (names.length > 0) return { files: names.map((name) => here(fileNamed(name, migrations))), base: undefined };
  if (all) return { files: filesOf(migrations.list), base: undefined };
  const found = await newMigrations(migrations, base);
  if ("why" in found) {
    const { why, next } = found;
    throw new TestDbError("OPTION_INVALID", {
      what: `Which migrations of ${migrations.folder} are new cannot be told`,
      why,
      next: `${next}; or look at all of them: npx with-test-db lint --all`,
    });
  }
  return chosen(found);
}

const chosen = ({ base, list }: NewMigrations<Migration>): Chosen => ({ files: filesOf(list), base: base.ref });

const filesOf = (list: readonly Migration[]): string[] => list.map(({ file }) => here(file));

const here = (file: string): string => relative(process.cwd(), file) || file;

function fileNamed(name: string, { folder, list }: Migrations): string {
  const named = list.find(({ tag, file }) => tag === name || resolve(file) === resolve(name));
  const numbered = list.filter(({ tag }) => tag.startsWith(`${name}_`));
  const [only] = numbered.length === 1 ? numbered : [];
  const migration = named ?? only;
  if (migration) return migration.file;
  // not in the journal yet
  for (const file of [name, join(name, "migration.sql"), join(folder, name)]) {
    if (file.endsWith(".sql") && existsSync(file)) return file;
  }
  const tags = list.map(({ tag }) => tag);
  const meant = nearest(name, tags);
  throw new TestDbError("OPTION_INVALID", {
    what: `There is no migration ${name} in ${folder}`,
    why: meant ? `did you mean ${meant}?` : `the last ones are ${tags.slice(-3).join(", ")}`,
    next: "name a migration by its tag, its number or its file",
  });
}
