/** WITH RECURSIVE: whether it may find a row twice. */
import { type Block, columnOf, isRecursive, isRepeated } from "./blocks.ts";
import { equalSides, holding } from "./conditions.ts";
import { isOfOneRow } from "./determined.ts";
import type { Relation } from "./relations.ts";

export const isRecursion = ({ arms }: Block): boolean => arms.some(isRepeated);

/**
 * Whether a recursion goes on from one row to its parent, or its children, and their rows are told apart by a key: then it finds a row
 * a second time only where it never ends.
 */
export function isOfTree({ arms: [base, step] }: Block): boolean {
  if (!base?.select || !step?.select || step.relations.length !== 2) return false;
  const [found, table] = step.relations.toSorted((a) => (isRecursive(a, step.cte) ? -1 : 1)) as [Relation, Relation];
  const targets = (step.select.targetList ?? []).flatMap(({ ResTarget }) => ResTarget?.val ?? []);
  const isKeyOf = (name: string): boolean =>
    (table.facts?.keys ?? []).some(([only, ...more]) => more.length === 0 && only === name);
  const selected = targets.map((node) => columnOf(node, step));
  const keyAt = selected.findIndex((column) => column?.relation === table && isKeyOf(column.name));
  if (keyAt < 0) return false;
  return holding(step).some((node) => {
    const [from, to] = equalSides(node)
      .map((side) => columnOf(side, step))
      .toSorted((a) => (a?.relation === found ? -1 : 1));
    if (from?.relation !== found || to?.relation !== table) return false;
    const isDown = from.name === nameAt(base, keyAt);
    return isOfOneRow(base) ? isDown || isKeyOf(to.name) : isDown && isOfRoots(base, table, to.name, keyAt);
  });
}

/** Whether a block finds rows of a table without a parent, none of them twice: they are no other's child. */
function isOfRoots(block: Block, { table, facts }: Relation, parent: string, keyAt: number): boolean {
  const [relation, ...others] = block.relations;
  if (!table || relation?.table !== table || others.length > 0) return false;
  const key = columnOf(block.select?.targetList?.[keyAt]?.ResTarget?.val, block);
  if (!facts?.keys.some(([only, ...more]) => more.length === 0 && only === key?.name)) return false;
  return holding(block).some(
    ({ NullTest }) => NullTest?.nulltesttype === "IS_NULL" && columnOf(NullTest.arg, block)?.name === parent,
  );
}

/** The name that a WITH gives to what its first arm selects. */
const nameAt = ({ select }: Block, index: number): string | undefined => {
  const target = select?.targetList?.[index]?.ResTarget;
  return target?.name ?? target?.val?.ColumnRef?.fields.at(-1)?.String?.sval;
};
