/** Which columns are the same in all rows that are the same in others: by keys, by equality, and by what joins find. */
import {
  type Block,
  blockOf,
  type Column,
  columnOf,
  isCounting,
  isOuter,
  ownNodes,
  relationsOfSide,
} from "./blocks.ts";
import { conjuncts, equalSides, fromOf, holding, isConstant } from "./conditions.ts";
import { isMultiplied, type Relation } from "./relations.ts";
import { type Join, meaning, type Node, namesOf, type Select } from "./syntax-tree.ts";

export interface Determined {
  has(node: Node): boolean;
  /** Whether no two rows that the block finds are the same in what was given. */
  readonly isRow: boolean;
  /** Whether no two rows of its result are: of groups, each is one. */
  readonly isResult: boolean;
}

/** Whether a block finds no more than one row, be there a limit or not. */
export const isOfOneRow = (block: Block): boolean => isCounting(block) || determinedBy([], block).isResult;

export function determinedBy(given: readonly Node[], block: Block): Determined {
  const { select } = block;
  const keys = select?.groupClause ?? [];
  if (!select || select.larg || select.valuesLists || keys.some(({ GroupingSet }) => GroupingSet)) {
    return { has: (node) => given.some((each) => meaning(each) === meaning(node)), isRow: false, isResult: false };
  }
  const found = new Found(given, block);
  const isGroup = keys.length > 0 && groupsOf(block).every((key) => found.has(key));
  const { isRow } = found;
  return { has: (node) => found.has(node), isRow, isResult: (isRow || isGroup) && !isMultiplied(select) };
}

class Found {
  readonly #block: Block;
  readonly #names: Set<string>;
  readonly #rows = new Set<Relation>();

  constructor(given: readonly Node[], block: Block) {
    this.#block = block;
    this.#names = new Set(given.map((node) => this.#nameOf(node)));
    const holds = holding(block);
    const leaves = fromOf(block).flatMap((node) => leavesOf(node));
    for (let before = -1; before < this.#names.size + this.#rows.size; ) {
      before = this.#names.size + this.#rows.size;
      for (const node of holds) this.#addEqual(node);
      for (const leaf of leaves) {
        for (const relation of relationsOfSide(leaf.node, block)) {
          if (this.#hasKey(relation, holds) || this.#follows(relation, leaf)) this.#rows.add(relation);
        }
      }
    }
  }

  get isRow(): boolean {
    return this.#block.relations.every((relation) => this.#rows.has(relation));
  }

  has(node: Node): boolean {
    const column = columnOf(node, this.#block);
    return (
      isConstant(node, this.#block) ||
      this.#names.has(this.#nameOf(node)) ||
      (column !== undefined && this.#rows.has(column.relation))
    );
  }

  #nameOf(node: Node): string {
    const column = columnOf(node, this.#block);
    return column && !isOuter(column, this.#block) ? `${column.relation.alias}\0${column.name}` : meaning(node);
  }

  /** Of two sides that are equal, the one by the other; and what is null, or a flag that is set. */
  #addEqual(node: Node): void {
    if (node.NullTest?.nulltesttype === "IS_NULL") this.#names.add(this.#nameOf(node.NullTest.arg));
    if (node.ColumnRef) this.#names.add(this.#nameOf(node));
    const [one, other] = equalSides(node);
    if (!one || !other) return;
    if (this.has(one)) this.#names.add(this.#nameOf(other));
    if (this.has(other)) this.#names.add(this.#nameOf(one));
  }

  /** A key may be in several rows where one of its columns is null. */
  #hasKey(relation: Relation, holds: readonly Node[]): boolean {
    const isOwn = (node: Node | undefined, name: string): boolean =>
      isColumn(columnOf(node, this.#block), relation, name);
    return (relation.facts?.keys ?? []).some((key) =>
      key.every(
        (name) =>
          this.#names.has(`${relation.alias}\0${name}`) &&
          (relation.facts?.columns.some((column) => column.name === name && column.required) ||
            holds.some((node) => equalSides(node).some((side) => isOwn(side, name)))),
      ),
    );
  }

  /** Whether a relation's row is found by the rows that it is joined to. */
  #follows(relation: Relation, { node, join }: Leaf): boolean {
    const isOne = isOfOne(node, this.#block);
    if (!join) return isOne && !relation.isNullable && !node.RangeSubselect?.lateral;
    if (isOne) return relationsOfSide(join.larg, this.#block).every((each) => this.#rows.has(each));
    return join.jointype === "JOIN_LEFT" && join.quals !== undefined && this.#isFoundBy(relation, join.quals);
  }

  #isFoundBy(relation: Relation, quals: Node): boolean {
    const isOwn = (column: Column | undefined): boolean => column?.relation === relation;
    const columns = [...ownNodes(quals, [])].filter(([{ ColumnRef }]) => ColumnRef).map(([node]) => node);
    if (!columns.every((node) => isOwn(columnOf(node, this.#block)) || this.has(node))) return false;
    const equal = conjuncts(quals).flatMap((node) => {
      const [one, other] = equalSides(node);
      if (!one || !other) return [];
      const [left, right] = [columnOf(one, this.#block), columnOf(other, this.#block)];
      if (isOwn(left) === isOwn(right)) return [];
      return isOwn(left) ? (this.has(other) ? [left?.name] : []) : this.has(one) ? [right?.name] : [];
    });
    return (relation.facts?.keys ?? []).some((key) => key.every((name) => equal.includes(name)));
  }
}

const isColumn = (column: Column | undefined, relation: Relation, name: string): boolean =>
  column?.relation === relation && column.name === name;

/** What is no join itself, with the join whose right side it is. */
interface Leaf {
  readonly node: Node;
  readonly join?: Join;
}

const leavesOf = (node: Node, join?: Join): Leaf[] =>
  node.JoinExpr
    ? [...leavesOf(node.JoinExpr.larg), ...leavesOf(node.JoinExpr.rarg, node.JoinExpr)]
    : [{ node, ...(join ? { join } : {}) }];

/** A subquery of one row at most, such as Drizzle's relational queries join. */
function isOfOne(node: Node, block: Block): boolean {
  const inner = blockOf(node, block);
  return inner !== undefined && (isOfOneRow(inner) || inner.select?.limitCount?.A_Const?.ival?.ival === 1);
}

/** What a block is grouped by. */
export const groupsOf = (block: Block): Node[] => (block.select?.groupClause ?? []).map((key) => groupOf(key, block));

/** The expression that is grouped by: a name is one of the list where no relation has such a column. */
const groupOf = (key: Node, block: Block): Node => {
  const column = columnOf(key, block);
  return column && !isOuter(column, block) ? key : spelledOut(key, block.select ?? {});
};

/** The expression of the list that a number, or a name that stands alone, means in ORDER BY and DISTINCT ON. */
export function spelledOut(node: Node, { targetList = [] }: Select): Node {
  const position = node.A_Const?.ival?.ival;
  if (position !== undefined) return targetList[position - 1]?.ResTarget?.val ?? node;
  const [name, ...others] = namesOf(node.ColumnRef?.fields ?? []);
  if (name === undefined || others.length > 0) return node;
  const named = targetList.find(({ ResTarget: target }) => nameOf(target?.name, target?.val) === name);
  return named?.ResTarget?.val ?? node;
}

const nameOf = (name: string | undefined, value: Node | undefined): string | undefined =>
  name ?? namesOf(value?.ColumnRef?.fields ?? []).at(-1);
