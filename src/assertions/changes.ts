/** What a call wrote: the rows of the unit before it and after it, compared. Nothing is installed in the unit, and nothing is locked. */
import type { Queryable } from "./queryable.ts";
import { exactly, type RawRow, type ReadColumn, type ReadTable, readRows } from "./read-rows.ts";

/**
 * A row by the names of its columns in the database. Timestamps are `Date`s, `bigint` and `numeric` are text, as with the drivers; all
 * else is as in JSON. Where an update would show the same before and after (microseconds, digits within JSON, JSON's `null` and NULL), both
 * are text as Postgres prints it.
 */
export type Row = Readonly<Record<string, unknown>>;

/** A row that was updated, by its primary key: the columns that differ, before and after. */
export interface Update {
  readonly key: Row;
  readonly before: Row;
  readonly after: Row;
}

/** What was written to a table. What there was none of is left out. */
export interface TableChanges {
  readonly inserted?: readonly Row[];
  readonly updated?: readonly Update[];
  readonly deleted?: readonly Row[];
}

/** By the names of tables. Those to which nothing was written are left out. */
export type Changes = Readonly<Record<string, TableChanges>>;

/**
 * What a call wrote to the tables of the unit, whoever wrote it: other connections, once they commit, and triggers, too. Reads all rows
 * before and after; rows of a table without a primary key are deleted and inserted, never updated.
 *
 * @param db - `testDb.db`; what a transaction wrote shows to that transaction alone, until it commits
 * @param work - what is looked at
 * @throws what `work` throws
 *
 * @example
 * ```ts
 * const written = await changes(testDb.db, () => rename(1, "Ada"));
 * expect(written).toEqual({
 *   users: { updated: [{ key: { id: 1 }, before: { name: "Bob" }, after: { name: "Ada" } }] },
 * });
 * ```
 */
export async function changes(db: Queryable, work: () => unknown): Promise<Changes> {
  const before = new Map((await readRows(db)).map((table) => [table.name, table]));
  await work();
  const after = await readRows(db);
  const names = new Set(after.map(({ name }) => name));
  const gone = [...before.values()].filter(({ name }) => !names.has(name));
  const tables = [
    ...after.map((table) => [table.name, between(before.get(table.name), table)] as const),
    ...gone.map((table) => [table.name, between(table, { ...table, rows: [] })] as const),
  ];
  return Object.fromEntries(tables.filter(([, written]) => Object.keys(written).length > 0));
}

/** How many rows were written to each table. */
export interface Counts {
  readonly inserted?: number;
  readonly updated?: number;
  readonly deleted?: number;
}

/**
 * Changes as numbers of rows.
 *
 * @example
 * ```ts
 * expect(countsOf(written)).toEqual({ users: { inserted: 1 }, sessions: { deleted: 3 } });
 * ```
 */
export const countsOf = (written: Changes): Readonly<Record<string, Counts>> =>
  mapValues(written, (table) =>
    mapValues(table as Readonly<Record<string, readonly unknown[]>>, ({ length }) => length),
  );

const mapValues = <T, U>(object: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));

function between(before: ReadTable | undefined, after: ReadTable): TableChanges {
  const identity = (row: RawRow): string =>
    JSON.stringify(after.key.length > 0 ? after.key.map((name) => exactly(row, name)) : row);
  /** Rows that are the same in a table without a key have one identity. */
  const left = new Map<string, RawRow[]>();
  for (const row of before?.rows ?? []) left.set(identity(row), [...(left.get(identity(row)) ?? []), row]);
  const inserted: Row[] = [];
  const updated: Update[] = [];
  for (const row of after.rows) {
    const old = left.get(identity(row))?.shift();
    if (!old) inserted.push(shown(after, row));
    else if (JSON.stringify(old) !== JSON.stringify(row)) updated.push(update(before ?? after, after, old, row));
  }
  const kept = new Set([...left.values()].flat());
  const deleted = before ? before.rows.filter((row) => kept.has(row)).map((row) => shown(before, row)) : [];
  return {
    ...(inserted.length > 0 && { inserted }),
    ...(updated.length > 0 && { updated }),
    ...(deleted.length > 0 && { deleted }),
  };
}

function update(before: ReadTable, after: ReadTable, old: RawRow, row: RawRow): Update {
  const changed = ({ name }: ReadColumn): boolean => !isSame(exactly(old, name), exactly(row, name));
  const was = shown({ columns: before.columns.filter(changed) }, old);
  const is = shown({ columns: after.columns.filter(changed) }, row);
  const alike = Object.keys(was).filter((name) => isSame(was[name], is[name]));
  return {
    key: shown({ columns: after.columns.filter(({ name }) => after.key.includes(name)) }, row),
    before: { ...was, ...asTexts(alike, old) },
    after: { ...is, ...asTexts(alike, row) },
  };
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What would be shown alike before and after, such as a `Date`, which has no microseconds. */
const asTexts = (names: readonly string[], row: RawRow): Row =>
  Object.fromEntries(names.map((name) => [name, exactly(row, name)]));

/** In the order of the columns. */
const shown = ({ columns }: Pick<ReadTable, "columns">, { values }: RawRow): Row =>
  Object.fromEntries(
    columns.map(({ name, type }) => [name, type.startsWith("timestamp") ? moment(values[name], type) : values[name]]),
  );

/** One without a time zone is in UTC, as with Drizzle. Infinity, and what was before Christ, stays text. */
function moment(value: unknown, type: string): unknown {
  if (typeof value !== "string") return value;
  const date = new Date(type === "timestamp" ? `${value}Z` : value);
  return Number.isNaN(date.getTime()) ? value : date;
}
