/** What alterations do, in words. */
import { type Block, type Column, collects, columnOf, columnsOf, isCounting, isOuter, ownNodes } from "./blocks.ts";
import { functionOf, isAggregate } from "./build.ts";
import { type Clause, equalityOf } from "./conditions.ts";
import type { Relation } from "./relations.ts";
import type { Node } from "./syntax-tree.ts";

/** What a block, or a clause of it, does with its rows. */
export function verbOf(block: Block, clause?: Clause): string {
  if (clause === "join") return "joined";
  if (clause === "conflict" || block.update) return "updated";
  if (block.delete) return "deleted";
  if (block.insert || block.place === "insert") return "inserted";
  if (clause === "filter") return countingVerb(block);
  if (block.place === "exists" || block.place === "in") return "found";
  return isCounting(block) && !collects(block) ? countingVerb(block) : "listed";
}

function countingVerb({ select, path }: Block): string {
  const aggregates = [...ownNodes(select?.targetList ?? [], path)].filter(([node]) => isAggregate(node));
  return aggregates.every(([node]) => functionOf(node) === "count") ? "counted" : "aggregated";
}

export const rowsOf = (block: Block, relation: Relation | undefined = block.relations[0]): string =>
  relation ? `rows of ${relation.name}` : "rows";

/** One of several rows, where they are of one relation. */
export const one = (rows: string): string => rows.replace(/^(row|group)s\b(?! of \S+( \([^)]*\))? and )/, "a $1");

/** What a clause keeps or leaves out: of HAVING, whole groups; of a write, rows of its table, by those that it joins. */
export function keptBy(clause: Clause, node: Node, block: Block): string {
  const relations = relationsIn(node, block);
  const [target] = block.relations;
  if ((block.update ?? block.delete) && clause !== "join" && relations.some((relation) => relation !== target)) {
    const others = relations.filter((relation) => relation !== target).map(({ name }) => `a row of ${name}`);
    return `${rowsOf(block)} with ${others.join(" and ")}`;
  }
  const names = relations.map(({ name }) => name).join(" and ");
  const rows = relations.length > 1 ? `rows of ${names}` : rowsOf(block, relations[0]);
  return clause === "having" ? `groups of ${rows}` : rows;
}

/** What a condition keeps out: `rows of teams with another org_id`. */
export function othersOf(clause: Clause, node: Node, block: Block, show: (node: Node) => string): string {
  const kept = keptBy(clause, node, block);
  const equality = equalityOf(node, block);
  if (equality) {
    const { column, value } = equality;
    const outer = columnOf(value, block);
    return outer && isOuter(outer, block)
      ? `${kept} with another ${column.name} than ${show(value)}`
      : `${kept} with another ${column.name}`;
  }
  const tested = columnOf(node.NullTest?.arg, block);
  if (!tested) return `${kept} for which ${show(node)} does not hold`;
  const [first] = block.relations;
  const word = node.NullTest?.nulltesttype === "IS_NULL" ? "with" : "without";
  if (clause !== "join" && first && first !== tested.relation && isMissing(tested))
    return `${rowsOf(block)} ${word} a row of ${tested.relation.name}`;
  return `${kept} ${word} ${/^[aeio]/.test(tested.name) ? "an" : "a"} ${tested.name}`;
}

/** Whether a column is null only where an outer join has found no row. */
const isMissing = ({ relation, name }: Column): boolean =>
  relation.isNullable && (relation.facts?.columns.some((column) => column.name === name && column.required) ?? false);

/** The relations of the block itself whose columns are in an expression. */
export const relationsIn = (node: Node, block: Block): Relation[] => [
  ...new Set(ownColumnsIn(node, block).map(({ relation }) => relation)),
];

/** The names of all columns in a condition that are of the block itself. */
export const columnsIn = (node: Node, block: Block): string[] => [
  ...new Set(ownColumnsIn(node, block).map(({ name }) => name)),
];

const ownColumnsIn = (node: Node, block: Block): Column[] =>
  columnsOf(node, block).filter((column) => !isOuter(column, block));
