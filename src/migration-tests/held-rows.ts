/** How many rows each table has, and which of them a migration has lost. */
import { AssertionError } from "node:assert";
import type { Session } from "../connections/session.ts";
import { DRIZZLES_JOURNAL } from "../migrations/journal-table.ts";
import { countRows, type Relation, readRelations } from "../rehearse/relations.ts";
import { counted, shownName } from "../words.ts";

/** The rows of a table. Its number stays where the table is renamed. */
export interface HeldRows {
  readonly oid: number;
  readonly table: string;
  readonly rows: number;
}

/** Partitions are counted for the table that they are parts of: rows may move from one to another. */
export async function readHeldRows(session: Session): Promise<HeldRows[]> {
  const relations = await readRelations(session);
  const names = new Map(relations.map((relation) => [relation.oid, shownName(relation)]));
  const isJournal = ({ schema, name }: Relation): boolean =>
    schema === DRIZZLES_JOURNAL.schema && name === DRIZZLES_JOURNAL.table;
  const tables = relations.filter((relation) => relation.kind === "r" && !isJournal(relation));
  const counts = await countRows(session, tables);
  const held = new Map<number, HeldRows>();
  for (const { oid: own, root } of tables) {
    const oid = root ?? own;
    const rows = (held.get(oid)?.rows ?? 0) + (counts.get(own) ?? 0);
    held.set(oid, { oid, table: names.get(oid) ?? `${oid}`, rows });
  }
  return [...held.values()];
}

/**
 * A table that was made anew under the same name counts as the same.
 *
 * @param mayLose - the names of tables that are meant to lose rows
 * @throws AssertionError whose `expected` and `actual` are rows by table, of those that lost some
 */
export function assertNoRowsLost(
  migration: string,
  before: readonly HeldRows[],
  after: readonly HeldRows[],
  mayLose: readonly string[],
): void {
  const lost = before.flatMap((was) => {
    const is = after.find(({ oid }) => oid === was.oid) ?? after.find(({ table }) => table === was.table);
    const left = is?.rows ?? 0;
    return left < was.rows && !mayLose.includes(was.table) ? [{ was, isThere: is !== undefined, left }] : [];
  });
  if (lost.length === 0) return;
  const told = lost.map(({ was, isThere, left }) =>
    isThere
      ? `${was.table} had ${counted(was.rows, "row", "rows")}, and ${left} are left`
      : `${was.table} is gone, with ${counted(was.rows, "row", "rows")}`,
  );
  throw new AssertionError({
    message: `The migration ${migration} loses rows: ${told.join("; ")}. Where that is meant: mayLose: ${JSON.stringify(lost.map(({ was }) => was.table))}`,
    expected: Object.fromEntries(lost.map(({ was }) => [was.table, was.rows])),
    actual: Object.fromEntries(lost.map(({ was, left }) => [was.table, left])),
    operator: "deepStrictEqual",
  });
}
