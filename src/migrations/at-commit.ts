/** What a migrations folder holds in a commit: its files, and the tags that its journal names. */
import { git, namesIn, tryGit } from "../git/git.ts";
import type { Layout } from "./read-migrations.ts";

export interface FolderAtCommit {
  /** Path in the folder → git's number for what is in it. */
  readonly files: ReadonlyMap<string, string>;
  /** Undefined where the folder holds no migrations. */
  readonly layout: Layout | undefined;
  /** In the order in which the migrator runs them. */
  readonly migrations: readonly { readonly tag: string; readonly when: number; readonly file: string }[];
}

/** @param folder - the migrations folder, in its repository */
export async function readFolderAtCommit(folder: string, commit: string): Promise<FolderAtCommit> {
  const listed = namesIn(await git(folder, "ls-tree", "-r", "-z", commit, "."));
  const files = new Map(listed.map((line) => [line.slice(line.indexOf("\t") + 1), line.split(/[ \t]/)[2] as string]));
  if (files.has("meta/_journal.json")) {
    const migrations = entriesIn(await tryGit(folder, "show", `${commit}:./meta/_journal.json`));
    return { files, layout: "journal", migrations: migrations.filter(({ file }) => files.has(file)) };
  }
  const names = [...files.keys()]
    .filter((file) => /^[^/]+\/migration\.sql$/.test(file))
    .map((file) => file.slice(0, -14));
  const migrations = names
    .sort((a, b) => a.localeCompare(b))
    .map((tag) => ({ tag, when: Number(tag.slice(0, 14)), file: `${tag}/migration.sql` }));
  return { files, layout: migrations.length > 0 ? "folders" : undefined, migrations };
}

/** A journal that cannot be read, of some commit long ago, names nothing. */
function entriesIn(journal = ""): { tag: string; when: number; file: string }[] {
  try {
    const { entries } = JSON.parse(journal) as { entries: { tag: string; when: number }[] };
    return entries.map(({ tag, when }) => ({ tag, when, file: `${tag}.sql` }));
  } catch {
    return [];
  }
}
