/** What is grouped by: each key dropped, so that groups which differ in it alone become one. */
import { type Block, columnOf, isOuter, isStatement } from "../blocks.ts";
import { firstOf, isAggregate } from "../build.ts";
import { determinedBy, groupsOf, spelledOut } from "../determined.ts";
import { meaning, type Node, type Select, without } from "../syntax-tree.ts";
import { rowsOf } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeGroups: Propose = (block, show) => {
  const { select, path } = block;
  const keys = groupsOf(block);
  if (!select || block.place === "exists" || isWhole(select) || keys.some(({ GroupingSet }) => GroupingSet)) return [];
  return keys.flatMap((key, index): Proposal[] => {
    const others = keys.filter((_, each) => each !== index);
    const determined = determinedBy(others, block);
    if (determined.isRow || determined.has(key)) return [];
    return [
      {
        kind: "grouping-changed",
        path,
        put: groupedBy(others, select, block),
        defect: `${rowsOf(block)} with different ${show(key)} became one`,
        row: `two ${rowsOf(block)} that differ in ${show(key)}${others.length > 0 ? " alone, of what is grouped by" : ""}`,
      },
    ];
  });
};

/** Whether all columns of a relation are selected by `*`: of several, there is no value of one row. */
const isWhole = ({ targetList = [] }: Select): boolean =>
  targetList.some(({ ResTarget }) => ResTarget?.val?.ColumnRef?.fields.some(({ A_Star }) => A_Star));

/** Of columns that groups are no longer made of, Postgres wants one value of each group. */
function groupedBy(keys: readonly Node[], select: Select, block: Block): Select {
  const kept = new Set(keys.map(meaning));
  const one = (tree: unknown): unknown => mapped(tree, kept, block);
  const { targetList = [], havingClause, sortClause = [] } = select;
  const sorts = sortClause.map((node) =>
    spelledOut(node.SortBy?.node ?? node, select) === node.SortBy?.node ? one(node) : node,
  );
  return {
    ...without(select, "groupClause"),
    ...(keys.length > 0 ? { groupClause: keys } : {}),
    targetList: targetList.map((node) => named(one(node) as Node, node)),
    ...(havingClause ? { havingClause: one(havingClause) as Node } : {}),
    ...(sortClause.length > 0 ? { sortClause: sorts as Node[] } : {}),
  };
}

/** A column of a result has the name that it had. */
function named(target: Node, before: Node): Node {
  if (meaning(target) === meaning(before)) return before;
  const name = before.ResTarget?.name ?? before.ResTarget?.val?.ColumnRef?.fields.at(-1)?.String?.sval;
  return name === undefined ? target : { ResTarget: { ...target.ResTarget, name } };
}

function mapped(tree: unknown, kept: ReadonlySet<string>, block: Block): unknown {
  if (typeof tree !== "object" || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((each) => mapped(each, kept, block));
  const node = tree as Node;
  if (isAggregate(node) || isStatement(node) || kept.has(meaning(node))) return node;
  const column = columnOf(node, block);
  if (column && !isOuter(column, block)) return firstOf(node);
  return Object.fromEntries(Object.entries(tree).map(([key, inner]) => [key, mapped(inner, kept, block)]));
}
