/** The migrations against those of the base branch, which were applied elsewhere already. */
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Finding } from "../findings/finding.ts";
import { type Base, findBase, type NoBase } from "../git/find-base.ts";
import { git, namesIn } from "../git/git.ts";
import { type FolderAtCommit, readFolderAtCommit } from "../migrations/at-commit.ts";
import { notAmong } from "../migrations/new-migrations.ts";
import { shellWord } from "../sql/identifiers.ts";
import { type Entry, lateIn, type MigrationsFolder } from "./read-folder.ts";

/** The same folder on the base. */
export interface Against {
  /** The folder itself, without symbolic links: git runs there. */
  readonly folder: string;
  readonly base: Base;
  /** Where the work left the base. */
  readonly fork: FolderAtCommit;
  /** Where the base is now. */
  readonly tip: FolderAtCommit;
  /** Files of migrations that are new here. */
  readonly isNew: (file: string) => boolean;
}

/** @param ref - see `findBase()` */
export async function findAgainst(ours: MigrationsFolder, ref?: string): Promise<Against | NoBase> {
  const folder = realpathSync(ours.folder);
  const base = await findBase(folder, ref);
  if ("why" in base) return base;
  const fork = await readFolderAtCommit(folder, base.fork);
  const tip = base.tip === base.fork ? fork : await readFolderAtCommit(folder, base.tip);
  const own = await notAmong(fork, { ...ours, folder, list: ours.list.filter(({ isThere }) => isThere) });
  const orphans = ours.orphans.filter((file) => !fork.files.has(basename(file)));
  const fresh = new Set([...own.map(({ file }) => file), ...orphans]);
  return { folder, base, fork, tip, isNew: (file) => fresh.has(file) };
}

type Theirs = FolderAtCommit["migrations"][number];

export async function againstBase(
  ours: MigrationsFolder,
  against: Against,
): Promise<{ readonly findings: Finding[]; readonly untold: readonly string[] }> {
  const { base, fork } = against;
  if (fork.layout !== undefined && fork.layout !== ours.layout) {
    return { findings: [], untold: [`${base.ref} has the migrations in another layout: they were not compared`] };
  }
  const both = ours.layout === "journal" ? diverged(ours, against) : [];
  const findings = both.length > 0 ? both : lateOnes(ours, against);
  if (base.isForkKnown) return { findings: [...(await changed(ours, against)), ...findings], untold: [] };
  const why = `where this branch left ${base.ref} is not known, as in a shallow checkout`;
  return { findings, untold: [`${why}: what was changed since was not looked for`] };
}

/** What was applied runs no second time, whatever it says now. */
async function changed(ours: MigrationsFolder, { folder, base, fork }: Against): Promise<Finding[]> {
  const parameters = ["--name-status", "-z", "--no-renames", "--no-ext-diff", "--relative", base.fork, "--", "."];
  const listed = namesIn(await git(folder, "diff", ...parameters));
  const statuses = new Map<string, string>();
  for (let at = 0; at + 1 < listed.length; at += 2) statuses.set(listed[at + 1] as string, listed[at] as string);
  const here = new Set(ours.list.filter(({ isThere }) => isThere).map(({ tag }) => tag));
  const edited = fork.migrations.filter(({ tag, file }) => here.has(tag) && statuses.get(file) === "M");
  const gone = fork.migrations.filter(({ tag }) => !here.has(tag));
  return [
    ...edited.map(
      ({ tag, file }): Finding => ({
        ...{ level: "error", rule: "applied-migration-changed", file: join(ours.folder, file) },
        message: `${tag} is on ${base.ref}, and was changed here: a database that ran it does not run it again`,
        help: `git checkout ${shellWord(base.ref)} -- ${shellWord(join(ours.folder, file))}, and make a new migration for the change`,
      }),
    ),
    ...(gone.length === 0 ? [] : [deleted(ours, base, gone)]),
  ];
}

const deleted = ({ folder }: MigrationsFolder, { ref }: Base, gone: readonly Theirs[]): Finding => ({
  ...{ level: "error", rule: "applied-migration-deleted" },
  message: `${listOf(gone)}: on ${ref}, and not here any more; databases that ran it keep what it made`,
  help: `git checkout ${shellWord(ref)} -- ${shellWord(folder)}, and undo it in a new migration`,
});

/** Both have migrations that the other lacks. In a journal, each follows the same snapshot. */
function diverged(ours: MigrationsFolder, against: Against): Finding[] {
  const theirs = lackedBy(ours, against);
  const own = ours.list.filter(({ file }) => against.isNew(file));
  const [first] = own;
  if (theirs.length === 0 || !first) return [];
  const { ref } = against.base;
  return [
    {
      ...{ level: "error", rule: "branches-diverged", file: first.file },
      message: `${ref} has ${listOf(theirs)}, without which ${listOf(own)} was made: the journal and the snapshots will be in conflict`,
      help: `take this branch's migrations, snapshots and entries out, merge ${ref}, then: npx drizzle-kit generate`,
    },
  ];
}

/** New ones that are older than what the base has: in a database that ran that, they come too late. */
function lateOnes({ layout, list }: MigrationsFolder, { base, tip, isNew }: Against): Finding[] {
  const newest = tip.migrations.reduce<Theirs | undefined>((a, b) => (a && a.when >= b.when ? a : b), undefined);
  if (!newest) return [];
  // those that are older than one before them here are the journal's
  const seen = lateIn(list);
  const late = list.filter(
    (entry) => isNew(entry.file) && entry.when <= newest.when && !(layout === "journal" && seen.has(entry)),
  );
  return late.map(
    ({ tag, file }: Entry): Finding =>
      layout === "journal"
        ? {
            ...{ level: "error", rule: "migration-passed-over", file },
            message: `${tag} is older than ${newest.tag} on ${base.ref}: where that ran, drizzle-orm before 1.0 passes over ${tag} in silence`,
            help: `in meta/_journal.json, put it last, with a "when" above ${newest.when}`,
          }
        : {
            ...{ level: "warning", rule: "migration-out-of-order", file },
            message: `${tag} is older than ${newest.tag} on ${base.ref}: it runs after that where that ran, and before it in a new database`,
            help: "give its folder a later time, if the order matters",
          },
  );
}

/** What the base has now, and neither this branch nor the place where it began. */
function lackedBy({ list }: MigrationsFolder, { fork, tip }: Against): readonly Theirs[] {
  const known = new Set([...list, ...fork.migrations].map(({ tag }) => tag));
  return tip.migrations.filter(({ tag }) => !known.has(tag));
}

/** Puts the base's migrations that are not here into a copy of the folder, and names them. */
export async function theirsOnly(ours: MigrationsFolder, against: Against, copy: string): Promise<readonly string[]> {
  const { tip, base, folder } = against;
  const theirs = tip.layout === ours.layout ? lackedBy(ours, against) : [];
  for (const { tag } of theirs) {
    for (const file of [...tip.files.keys()].filter((each) => each.startsWith(`${tag}/`))) {
      mkdirSync(join(copy, dirname(file)), { recursive: true });
      writeFileSync(join(copy, file), await git(folder, "show", `${base.tip}:./${file}`));
    }
  }
  return theirs.map(({ tag }) => tag);
}

const SHOWN = 5;

function listOf(migrations: readonly { readonly tag: string }[]): string {
  const tags = migrations.map(({ tag }) => basename(tag));
  return tags.length > SHOWN ? `${tags.slice(0, SHOWN).join(", ")} and ${tags.length - SHOWN} more` : tags.join(", ");
}
