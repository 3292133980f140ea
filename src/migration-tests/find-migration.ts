/** Finds a migration by what people call it: its whole name, its number, or the beginning of its name. */
import { TestDbError } from "../errors.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { nearest } from "../nearest.ts";

const SHOWN = 5;

/**
 * The place of a migration in its history, from 0.
 *
 * @param tag - `0003_add_teams`, `0003`, `3` or `0003_add`; of a folder per migration `20260131103000_add_teams` or `20260131103000`
 * @throws TestDbError `MIGRATIONS_NOT_FOUND` where none is called so, or several are
 */
export function findMigration({ folder, list }: Pick<Migrations, "folder" | "list">, tag: string): number {
  const tags = list.map((migration) => migration.tag);
  const exact = tags.indexOf(tag);
  if (exact >= 0) return exact;
  const number = /^\d{1,4}$/.test(tag) ? tag.padStart(4, "0") : tag;
  const beginning = (prefix: string): string[] => (tag === "" ? [] : tags.filter((each) => each.startsWith(prefix)));
  const numbered = beginning(`${number}_`);
  const found = numbered.length > 0 ? numbered : beginning(tag);
  if (found.length === 1) return tags.indexOf(found[0] as string);
  const what = `There is no migration ${JSON.stringify(tag)} in ${folder}`;
  if (found.length > 1) {
    throw new TestDbError("MIGRATIONS_NOT_FOUND", {
      what: `${JSON.stringify(tag)} is not one migration of ${folder}`,
      why: `several begin so: ${found.slice(0, SHOWN).join(", ")}`,
      next: `name one of them: ${JSON.stringify(found[0])}`,
    });
  }
  const meant = nearest(tag, tags) ?? nearest(tag, tags.map(withoutNumber));
  const near = meant === undefined ? undefined : tags.find((each) => each === meant || withoutNumber(each) === meant);
  const why = near ? `did you mean ${JSON.stringify(near)}?` : `the last ones are ${tags.slice(-SHOWN).join(", ")}`;
  const next = `name one of them: ${JSON.stringify(near ?? tags.at(-1))}; or null, for before the first`;
  throw new TestDbError("MIGRATIONS_NOT_FOUND", { what, why, next });
}

const withoutNumber = (tag: string): string => tag.replace(/^\d+_/, "");
