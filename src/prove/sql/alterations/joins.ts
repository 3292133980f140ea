/** Joins: inner and left, where that can make a difference. */
import { type Block, columnOf, isCounting, type Relation, relationsOfSide } from "../blocks.ts";
import { clausesOf, conjuncts, equalityOf, type FoundJoin, joinsOf } from "../conditions.ts";
import type { Node } from "../syntax-tree.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeJoins: Propose = (block) => {
  const { select, update, delete: del, path } = block;
  const [key, from] = del ? ["usingClause", del.usingClause] : ["fromClause", select?.fromClause ?? update?.fromClause];
  return (from ?? [])
    .flatMap((node, index) => joinsOf(node, [...path, key, index]))
    .filter((found) => canDiffer(found, block))
    .flatMap((found) => changed(found, block));
};

function changed({ join, path }: FoundJoin, block: Block): Proposal[] {
  const [left, right] = [namesOfSide(join.larg, block), namesOfSide(join.rarg, block)];
  const isInner = join.jointype === "JOIN_INNER";
  const [kept, missing] = join.jointype === "JOIN_RIGHT" ? [right, left] : [left, right];
  return [
    {
      kind: "join-changed",
      path,
      put: { ...join, jointype: isInner ? "JOIN_LEFT" : "JOIN_INNER" },
      defect: `rows of ${kept} without a row of ${missing} were ${isInner ? "listed too" : "left out"}`,
      row: `a row of ${kept} without a row of ${missing} to join`,
    },
  ];
}

const namesOfSide = (side: Node, block: Block): string =>
  relationsOfSide(side, block)
    .map(({ name }) => name)
    .join(", ");

/** Not where each row finds one to join, nor where a condition keeps out the rows that find none. */
function canDiffer({ join }: FoundJoin, block: Block): boolean {
  const { quals, rarg, larg, jointype } = join;
  if (!quals || join.isNatural || join.usingClause) return false;
  // what a function finds is not known
  if (alwaysFindsRow(rarg, block) || larg.RangeFunction) return false;
  const [kept, joined] = jointype === "JOIN_RIGHT" ? [rarg, larg] : [larg, rarg];
  const [keptRelations, joinedRelations] = [relationsOfSide(kept, block), relationsOfSide(joined, block)];
  if (jointype !== "JOIN_FULL" && isByReference(quals, keptRelations, joinedRelations, block)) return false;
  return !clausesOf(block)
    .filter(({ clause, node }) => (clause === "where" || clause === "join") && node !== quals)
    .filter(({ clause, node }) => clause === "where" || isOfInnerJoin(node, block))
    .flatMap(({ node }) => conjuncts(node))
    .some((node) => rejectsNull(node, joinedRelations, block));
}

/** A subquery that makes one row of all, or finds what a reference leads to: Drizzle's relational queries join both. */
function alwaysFindsRow({ RangeSubselect }: Node, block: Block): boolean {
  const inner = block.inner.find(({ select }) => select && select === RangeSubselect?.subquery?.SelectStmt);
  if (!inner?.select || inner.select.havingClause) return false;
  return isCounting(inner) || isReferred(inner, block);
}

/** Whether a block asks for nothing but the row that a required reference of the block around leads to. */
function isReferred(inner: Block, around: Block): boolean {
  const { select } = inner;
  if (select?.whereClause === undefined) {
    const [only, ...others] = select?.fromClause ?? [];
    const innermost = inner.inner.find((each) => each.select === only?.RangeSubselect?.subquery?.SelectStmt);
    return others.length === 0 && innermost !== undefined && isReferred(innermost, around);
  }
  const { column, value } = equalityOf(select.whereClause, inner) ?? {};
  const from = columnOf(value, inner);
  if (!column || !from?.isRequired || !around.relations.includes(from.relation)) return false;
  return (from.relation.table?.references ?? []).some(
    ({ columns: [own, ...more], table, referenced }) =>
      more.length === 0 && own === from.name && table === column.relation.table?.name && referenced[0] === column.name,
  );
}

/** By a foreign key whose columns are never null: each row finds one. */
function isByReference(
  quals: Node,
  kept: readonly Relation[],
  [joined, ...others]: readonly Relation[],
  block: Block,
): boolean {
  if (!joined || others.length > 0) return false;
  const pairs = conjuncts(quals).map(({ A_Expr: equality }) => {
    const [one, other] = [columnOf(equality?.lexpr, block), columnOf(equality?.rexpr, block)];
    const [from, to] = one?.relation === joined ? [other, one] : [one, other];
    return from?.isRequired && kept.includes(from.relation) && to?.relation === joined ? { from, to } : undefined;
  });
  const [first] = pairs;
  if (!first || pairs.includes(undefined)) return false;
  return (first.from.relation.table?.references ?? []).some(
    ({ columns, table, referenced }) =>
      table === joined.table?.name &&
      columns.length === pairs.length &&
      pairs.every((pair) => {
        const at = columns.indexOf(pair?.from.name ?? "");
        return at >= 0 && referenced[at] === pair?.to.name;
      }),
  );
}

const isOfInnerJoin = (quals: Node, block: Block): boolean =>
  (block.select?.fromClause ?? [])
    .flatMap((node) => joinsOf(node, []))
    .some(({ join }) => join.quals === quals && join.jointype === "JOIN_INNER");

/** A comparison with a column, without anything around the column, does not hold where the column is null. */
function rejectsNull({ A_Expr: expression, NullTest }: Node, relations: readonly Relation[], block: Block): boolean {
  if (NullTest?.nulltesttype === "IS_NOT_NULL") return isOf(NullTest.arg, relations, block);
  if (!expression || /DISTINCT/.test(expression.kind)) return false;
  return [expression.lexpr, expression.rexpr].some((side) => isOf(side, relations, block));
}

const isOf = (node: Node | undefined, relations: readonly Relation[], block: Block): boolean => {
  const column = columnOf(node, block);
  return column !== undefined && relations.includes(column.relation);
};
