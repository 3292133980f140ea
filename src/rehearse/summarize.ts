/** What a run means: which locks were held from when, what was written anew, which rows changed. */
import { shownName } from "../words.ts";
import { blocksOf, rankOf } from "./lock-modes.ts";
import type { HeldLock, RehearsedMigration, Rewrite, RowChanges } from "./rehearsal.ts";
import type { Relation, Touched } from "./relations.ts";
import type { Run } from "./run-pending.ts";

/** What there was before the first migration. */
export interface Before {
  readonly relations: ReadonlyMap<number, Relation>;
  readonly rows: ReadonlyMap<number, number>;
}

/** The name of a relation: as it was called before, else as the transaction made it. */
export function nameIn(
  { relations }: Before,
  { oid, schema, name }: Pick<Touched, "oid" | "schema" | "name">,
): string | undefined {
  const before = relations.get(oid);
  if (before) return shownName(before);
  return schema !== null && name !== null ? shownName({ schema, name }) : undefined;
}

const TABLES = ["r", "p", "m"];

/** Each mode on each table once, from the statement that took it first. Reading alone blocks nobody but migrations, and is left out. */
export function locksOf({ looks, ms }: Run, before: Before): HeldLock[] {
  const locks = new Map<string, HeldLock>();
  for (const look of looks) {
    for (const { is: touched } of look.touched) {
      const kind = touched.kind ?? before.relations.get(touched.oid)?.kind ?? "";
      const table = nameIn(before, touched);
      if (!TABLES.includes(kind) || table === undefined) continue;
      for (const mode of touched.modes) {
        const key = `${touched.oid} ${mode}`;
        if (mode === "AccessShareLock" || locks.has(key)) continue;
        const { at, begins } = look;
        const isOld = before.relations.has(touched.oid);
        locks.set(key, {
          table,
          mode,
          blocks: blocksOf(mode),
          at,
          begins,
          ms: Math.round((ms - begins) * 100) / 100,
          isOld,
        });
      }
    }
  }
  return [...locks.values()].sort((a, b) => a.begins - b.begins || rankOf(a.mode) - rankOf(b.mode));
}

/**
 * A file of another number is another file: all of the table, or of the index, was written again. TRUNCATE makes another file, too, and
 * writes nothing.
 */
export function rewritesOf({ looks }: Run, before: Before): Rewrite[] {
  const files = new Map([...before.relations.values()].map(({ oid, filenode }) => [oid, filenode]));
  return looks.flatMap(({ at, ms, touched }) => {
    const empty = new Set(touched.filter(({ is }) => is.isEmpty).map(({ is }) => is.oid));
    return touched.flatMap(({ is: { oid, filenode } }): Rewrite[] => {
      const relation = before.relations.get(oid);
      const last = files.get(oid);
      if (!relation || filenode === null || last === null || last === filenode) return [];
      files.set(oid, filenode);
      const of = relation.of === null ? relation : before.relations.get(relation.of);
      if (!of || empty.has(of.oid)) return [];
      const index = of === relation ? undefined : relation.name;
      return [{ table: shownName(of), index, at, ms, rows: before.rows.get(of.oid), bytes: relation.bytes }];
    });
  });
}

/** How the transaction's counts grew while a migration ran. TRUNCATE sets those of its table back. */
export function changesOf({ looks }: Run, before: Before, tag: RehearsedMigration["tag"]): RowChanges[] {
  const changes = new Map<string, RowChanges & { readonly most: number }>();
  for (const { at, touched } of looks) {
    for (const { is, was } of at.tag === tag ? touched : []) {
      const grown = (what: "inserted" | "updated" | "deleted"): number => Math.max(0, is[what] - (was?.[what] ?? 0));
      const [inserted, updated, deleted] = [grown("inserted"), grown("updated"), grown("deleted")];
      const most = inserted + updated + deleted;
      const table = nameIn(before, is);
      if (most === 0 || table === undefined) continue;
      const other = changes.get(table) ?? { inserted: 0, updated: 0, deleted: 0, most: 0, line: at.line };
      changes.set(table, {
        table,
        inserted: other.inserted + inserted,
        updated: other.updated + updated,
        deleted: other.deleted + deleted,
        line: most > other.most ? at.line : other.line,
        most: Math.max(most, other.most),
      });
    }
  }
  return [...changes.values()].map(({ most, ...change }) => change).sort((a, b) => a.table.localeCompare(b.table));
}
