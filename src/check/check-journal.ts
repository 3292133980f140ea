/** Is the journal in order? Whatever it names is there, whatever is there is named, and the migrator passes over nothing. */
import { join } from "node:path";
import type { Finding } from "../findings/finding.ts";
import { shellWord } from "../sql/identifiers.ts";
import { type Answer, answered } from "./answer.ts";
import { type Entry, lateIn, type MigrationsFolder } from "./read-folder.ts";

/** Whether a file of SQL is new here, so that what is wrong with it can still be mended. */
export type IsNew = (file: string) => boolean;

/** What is wrong with a migration that was applied elsewhere is worth a warning: it can't be changed any more. */
export function checkJournal(folder: MigrationsFolder, isNew: IsNew): Answer {
  const findings = folder.layout === "journal" ? inJournal(folder, isNew) : inFolders(folder, isNew);
  return answered("journal", [...findings, ...missing(folder), ...orphans(folder, isNew), ...snapshots(folder)]);
}

const levelOf = (file: string, isNew: IsNew): Finding["level"] => (isNew(file) ? "error" : "warning");

function inJournal({ folder, list, broken }: MigrationsFolder, isNew: IsNew): Finding[] {
  const file = join(folder, "meta", "_journal.json");
  const wrong = broken.map(
    (why): Finding => ({
      ...{ level: "error", rule: "journal-broken", file },
      message: `The journal cannot be read: ${why}`,
      help: "git checkout the file, or mend it by hand; a merge may have left it in pieces",
    }),
  );
  return [
    ...wrong,
    ...lateOnes(list, isNew),
    ...numbers(list, file),
    ...twice(list, ({ tag }) => tag, "tag", isNew),
    ...twice(list, ({ snapshot }) => snapshot, "number", isNew),
  ];
}

function lateOnes(list: readonly Entry[], isNew: IsNew): Finding[] {
  return [...lateIn(list)].map(
    ([entry, newest]): Finding => ({
      ...{ level: levelOf(entry.file, isNew), rule: "migration-passed-over", file: entry.file },
      message: `${entry.tag} is not younger than ${newest.tag} before it: where that ran, drizzle-orm before 1.0 passes over ${entry.tag} in silence`,
      help: isNew(entry.file)
        ? `in meta/_journal.json, give ${entry.tag} a "when" above ${newest.when}`
        : `make sure that each database has what ${entry.tag} makes; a new migration can make it where it is missing`,
    }),
  );
}

/** Only drizzle-kit reads them, to number the next one. */
function numbers(list: readonly Entry[], file: string): Finding[] {
  const at = list.findIndex(({ idx }, index) => idx !== index);
  if (at < 0) return [];
  return [
    {
      ...{ level: "warning", rule: "journal-numbers", file },
      message: `The entries of the journal are not numbered from 0 on: ${list[at]?.tag} is entry ${at}, and has the idx ${list[at]?.idx ?? "none"}`,
      help: "drizzle-kit numbers the next migration by the last idx",
    },
  ];
}

function inFolders({ list }: MigrationsFolder, isNew: IsNew): Finding[] {
  const nameless = list
    .filter(({ tag }) => !/^\d{14}/.test(tag))
    .map(
      (entry): Finding => ({
        ...{ level: "error", rule: "folder-without-time", file: entry.file },
        message: `The folder ${entry.tag} does not begin with a time of 14 digits, which is what the migrator notes`,
        help: "name it as drizzle-kit does: 20260131093000_add_teams",
      }),
    );
  return [...nameless, ...twice(list, ({ tag }) => tag.slice(0, 14), "time", isNew)];
}

type Same = "tag" | "number" | "time";

const SAME: Readonly<Record<Same, (entry: Entry, first: Entry) => string>> = {
  tag: ({ tag }) => `The journal names ${tag} twice, and it runs twice`,
  number: ({ tag, snapshot }, first) =>
    `${tag} has the same number as ${first.tag}, and so the same snapshot: ${snapshot}`,
  time: ({ tag }, first) => `${tag} has the same time as ${first.tag}: their names decide which runs first`,
};

function twice(list: readonly Entry[], keyOf: (entry: Entry) => string, what: Same, isNew: IsNew): Finding[] {
  return list.flatMap((entry, index): Finding[] => {
    const first = list.find((other) => keyOf(other) === keyOf(entry)) as Entry;
    const isSeenTo = list.indexOf(first) === index || (what !== "tag" && first.tag === entry.tag);
    // migrations without a number have one snapshot for all
    if (isSeenTo || (what === "number" && entry.tag.startsWith("_"))) return [];
    const level = what === "time" ? "warning" : levelOf(entry.file, isNew);
    return [{ level, rule: `same-${what}`, file: entry.file, message: SAME[what](entry, first) }];
  });
}

function missing({ layout, list }: MigrationsFolder): Finding[] {
  return list
    .filter(({ isThere }) => !isThere)
    .map(
      ({ tag, file, snapshot }): Finding => ({
        ...{ level: "error", rule: "migration-missing", file: layout === "journal" ? file : snapshot },
        message:
          layout === "journal"
            ? `The journal names ${tag}, and ${file} is not there: no migrator runs`
            : `The folder ${tag} has a snapshot and no migration.sql: nothing of it runs`,
        help: "the file may not have been committed, or was renamed by hand: git status",
      }),
    );
}

function orphans({ layout, orphans }: MigrationsFolder, isNew: IsNew): Finding[] {
  return orphans.map(
    (file): Finding => ({
      ...{ level: levelOf(file, isNew), rule: "migration-never-runs", file },
      message:
        layout === "journal"
          ? `The journal does not name ${file}: no migrator runs it`
          : `${file} has no folder of its own: no migrator runs it`,
      help: "make an empty migration for it, which is named: npx drizzle-kit generate --custom; or move the file elsewhere",
    }),
  );
}

/** Not an error: what follows from it is found by what drizzle-kit would generate. */
function snapshots({ list }: MigrationsFolder): Finding[] {
  const without = list.filter(({ hasSnapshot }) => !hasSnapshot);
  const [first] = without;
  if (!first) return [];
  return [
    {
      ...{ level: "warning", rule: "snapshot-missing", file: first.file },
      message: `${shortened(without.map(({ tag }) => tag).join(", "))} has no snapshot: drizzle-kit compares the schema with an older one, or takes branches for one`,
      help: `${first.snapshot} may not have been committed: git log --all -- ${shellWord(first.snapshot)}`,
    },
  ];
}

const LONGEST = 160;

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);
