/** Which migrations are new: those that are not on the branch that the work goes into, and so were applied nowhere that counts. */
import { realpathSync } from "node:fs";
import { type Base, findBase, type NoBase } from "../git/find-base.ts";
import { git } from "../git/git.ts";
import { type FolderAtCommit, readFolderAtCommit } from "./at-commit.ts";
import type { Layout, Migration } from "./read-migrations.ts";

export interface NewMigrations<M> {
  readonly base: Base;
  readonly list: readonly M[];
}

/** What of migrations is looked at. */
export interface Listed<M> {
  readonly folder: string;
  readonly layout: Layout;
  readonly list: readonly M[];
}

/**
 * Those that are not on the base; or why none can be told. What is not committed yet is new, too.
 *
 * @param ref - see `findBase()`
 */
export async function newMigrations<M extends Pick<Migration, "tag" | "file">>(
  migrations: Listed<M>,
  ref?: string,
): Promise<NewMigrations<M> | NoBase> {
  const folder = realpathSync(migrations.folder);
  const base = await findBase(folder, ref);
  if ("why" in base) return base;
  return { base, list: await notAmong(await readFolderAtCommit(folder, base.fork), { ...migrations, folder }) };
}

/** Those that a commit does not have. */
export async function notAmong<M extends Pick<Migration, "tag" | "file">>(
  there: FolderAtCommit,
  { folder, layout, list }: Listed<M>,
): Promise<readonly M[]> {
  if (there.layout === layout || there.layout === undefined) {
    const tags = new Set(there.migrations.map(({ tag }) => tag));
    return list.filter(({ tag }) => !tags.has(tag));
  }
  // drizzle-kit 1.0 gave all of them other names, and left their text
  const texts = new Set(there.migrations.map(({ file }) => there.files.get(file)));
  const files = list.map(({ tag }) => (layout === "journal" ? `${tag}.sql` : `${tag}/migration.sql`));
  const numbers = (await git(folder, "hash-object", "--", ...files)).split("\n");
  return list.filter((_, index) => !texts.has(numbers[index]));
}
