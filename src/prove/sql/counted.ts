/** What aggregates make of rows that become one. */
import { type Block, isCounting, ownNodes } from "./blocks.ts";
import { functionOf, isAggregate } from "./build.ts";
import type { Node } from "./syntax-tree.ts";

const LEAVES_NULL_OUT = /^(count|sum|avg|min|max|bool_and|bool_or|every)$/;

/** Whether a block has only aggregates of columns that are null in some rows, and that leave null out. */
export function countsForNothing(isNull: (node: Node) => boolean, block: Block): boolean {
  const { select } = block;
  if (!select || !isCounting(block) || select.havingClause) return false;
  const nodes = [...ownNodes(select.targetList ?? [], [])].map(([node]) => node);
  return nodes.filter(isAggregate).every((node) => {
    const [argument, ...others] = node.FuncCall?.args ?? [];
    return argument && others.length === 0 && isNull(argument) && LEAVES_NULL_OUT.test(functionOf(node) ?? "");
  });
}
