/** What alterations do, in words. */
import { type Block, collects, columnOf, isCounting, isOuter, ownNodes, type Relation } from "./blocks.ts";
import { operatorOf } from "./build.ts";
import { type Condition, equalityOf } from "./conditions.ts";
import type { Node } from "./syntax-tree.ts";

/** What a block does with its rows. */
export function verbOf(block: Block): string {
  if (block.update) return "updated";
  if (block.delete) return "deleted";
  if (block.insert) return "inserted";
  if (block.place === "exists" || block.place === "in") return "looked for";
  return isCounting(block) && !collects(block) ? "counted" : "listed";
}

export const rowsOf = (block: Block, relation: Relation | undefined = block.relations[0]): string =>
  relation ? `rows of ${relation.name}` : "rows";

/** The rows that a condition keeps out: `rows of teams with another org_id`. */
export function othersOf({ node }: Pick<Condition, "node">, block: Block, show: (node: Node) => string): string {
  const equality = equalityOf(node, block);
  if (equality) {
    const { column, value } = equality;
    const outer = columnOf(value, block);
    if (outer && isOuter(outer, block))
      return `${rowsOf(block, column.relation)} of any other row of ${outer.relation.name}`;
    return `${rowsOf(block, column.relation)} with another ${column.name}`;
  }
  const tested = columnOf(node.NullTest?.arg, block);
  if (tested) {
    const which = node.NullTest?.nulltesttype === "IS_NULL" ? "with a" : "without a";
    return `${rowsOf(block, tested.relation)} ${which} ${tested.name}`;
  }
  return `${rowsOf(block, relationIn(node, block))} for which ${show(node)} is not so`;
}

/** The relation of the first column in an expression. */
export function relationIn(node: Node, block: Block): Relation | undefined {
  for (const [each] of ownNodes(node, [])) {
    const column = columnOf(each, block);
    if (column && !isOuter(column, block)) return column.relation;
  }
  return undefined;
}

/** The names of all columns in a condition that are of the block itself. */
export function columnsIn(node: Node, block: Block): string[] {
  const names = [...ownNodes(node, [])].flatMap(([each]) => {
    const column = columnOf(each, block);
    return column && !isOuter(column, block) ? [column.name] : [];
  });
  return [...new Set(names)];
}

export const isComparison = (node: Node): boolean => ["<", "<=", ">", ">="].includes(operatorOf(node) ?? "");
