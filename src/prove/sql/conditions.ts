/** Where conditions are in a block, and what they consist of. */
import { type Block, type Column, columnOf, isOuter, ownNodes } from "./blocks.ts";
import { isAggregate, isVolatile, operatorOf } from "./build.ts";
import { rejectsNull } from "./nulls.ts";
import { type Join, type Node, nodesOf, type Path } from "./syntax-tree.ts";

export type Clause = "where" | "join" | "having" | "conflict" | "filter";

/** A condition that holds no other by AND, OR or NOT. */
export interface Condition {
  readonly node: Node;
  readonly path: Path;
  readonly clause: Clause;
  /** Whether it is one of several that only have to hold by one: of an OR. */
  readonly isAlternative: boolean;
  /** What else has to hold, by the ANDs around it. */
  readonly beside: readonly Node[];
}

/** A whole clause. */
interface Whole {
  readonly node: Node;
  readonly path: Path;
  readonly clause: Clause;
}

export function clausesOf(block: Block): Whole[] {
  const { select, insert, update, delete: del, path } = block;
  const whole = (node: Node | undefined, at: Path, clause: Clause): Whole[] =>
    node ? [{ node, path: [...path, ...at], clause }] : [];
  return [
    ...whole(select?.whereClause ?? update?.whereClause ?? del?.whereClause, ["whereClause"], "where"),
    ...joinsIn(block).flatMap(({ join, path: at }): Whole[] =>
      join.quals ? [{ node: join.quals, path: [...at, "quals"], clause: "join" }] : [],
    ),
    ...whole(select?.havingClause, ["havingClause"], "having"),
    ...whole(insert?.onConflictClause?.whereClause, ["onConflictClause", "whereClause"], "conflict"),
    ...[...ownNodes(select?.targetList ?? [], ["targetList"])].flatMap(([{ FuncCall }, at]) =>
      whole(FuncCall?.agg_filter, [...at, "FuncCall", "agg_filter"], "filter"),
    ),
  ];
}

export interface FoundJoin {
  readonly join: Join;
  readonly path: Path;
}

export const fromOf = ({ select, update, delete: del }: Block): readonly Node[] =>
  select?.fromClause ?? update?.fromClause ?? del?.usingClause ?? [];

/** The joins of a block, the outer ones first. */
export const joinsIn = (block: Block): FoundJoin[] =>
  fromOf(block).flatMap((node, index) =>
    joinsOf(node, [...block.path, block.delete ? "usingClause" : "fromClause", index]),
  );

function joinsOf({ JoinExpr: join }: Node, path: Path): FoundJoin[] {
  if (!join) return [];
  const own = [...path, "JoinExpr"];
  return [{ join, path: own }, ...joinsOf(join.larg, [...own, "larg"]), ...joinsOf(join.rarg, [...own, "rarg"])];
}

export const conditionsOf = (block: Block): Condition[] =>
  clausesOf(block).flatMap((whole) => partsOf({ ...whole, isAlternative: false, beside: [] }));

function partsOf(condition: Condition): Condition[] {
  const { node, path, beside } = condition;
  const { BoolExpr } = node;
  // what is in a NOT is altered with it: a loosened condition in it would be a stricter one
  if (!BoolExpr || BoolExpr.boolop === "NOT_EXPR") return [condition];
  const { args, boolop } = BoolExpr;
  const isAlternative = boolop === "OR_EXPR";
  return args.flatMap((arg, index) => {
    const others = isAlternative ? [] : args.filter((each) => each !== arg).flatMap(conjuncts);
    const at = [...path, "BoolExpr", "args", index];
    return partsOf({ ...condition, node: arg, path: at, isAlternative, beside: [...beside, ...others] });
  });
}

/** The sides of an equality. */
export const equalSides = ({ A_Expr: expression }: Node): readonly (Node | undefined)[] =>
  expression?.kind === "AEXPR_OP" && operatorOf({ A_Expr: expression }) === "="
    ? [expression.lexpr, expression.rexpr]
    : [];

/** `column = value`, for a value that does not depend on the block's rows. */
export function equalityOf(node: Node, block: Block): { readonly column: Column; readonly value: Node } | undefined {
  const [left, right] = equalSides(node);
  if (!left || !right) return undefined;
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const column = columnOf(one, block);
    if (column && block.relations.includes(column.relation) && isConstant(other, block))
      return { column, value: other };
  }
  return undefined;
}

/** What is the same for all rows of a block: of parameters, literals and columns of outer blocks alone. */
export function isConstant(node: Node, block: Block): boolean {
  return [...nodesOf(node)].every(([each]) => {
    if (isVolatile(each) || isAggregate(each) || each.FuncCall?.over) return false;
    if (!each.ColumnRef) return true;
    const column = columnOf(each, block);
    return column !== undefined && isOuter(column, block);
  });
}

/** What holds for all rows of a block: WHERE, and the conditions of joins that keep no row without one. @param apart - a join that is taken for an outer one */
export function holding(block: Block, apart?: Join): readonly Node[] {
  const { select, update, delete: del } = block;
  const where = (select ?? update ?? del)?.whereClause;
  return [...(where ? [where] : []), ...fromOf(block).flatMap((node) => holdingIn(node, apart))].flatMap(conjuncts);
}

function holdingIn({ JoinExpr: join }: Node, apart: Join | undefined): Node[] {
  if (!join) return [];
  const { quals, larg, rarg, jointype } = join;
  const isInner = jointype === "JOIN_INNER";
  const isLeft = jointype === "JOIN_LEFT" || join === apart;
  return [
    ...(isInner && join !== apart && quals ? [quals] : []),
    ...(isInner || isLeft ? holdingIn(larg, apart) : []),
    ...((isInner && join !== apart) || jointype === "JOIN_RIGHT" ? holdingIn(rarg, apart) : []),
  ];
}

/** What holds wherever a condition is asked for, whatever the condition says. */
export function besideOf({ node, clause, beside }: Condition, block: Block): readonly Node[] {
  const all = holding(block);
  const others = all.filter((whole) => ![...nodesOf(whole)].some(([each]) => each === node));
  // a condition of an outer join is asked before WHERE
  const isAskedBefore = clause === "join" && others.length === all.length;
  return isAskedBefore ? beside : [...beside, ...others];
}

/** Whether a column is never null in the rows that a condition, or all of the block, is about. */
export const isNeverNull = (node: Node | undefined, holds: readonly Node[], block: Block): boolean => {
  const column = columnOf(node, block);
  if (!column) return false;
  return column.isRequired || holds.some((each) => rejectsNull(each, isSameColumn(column, block)));
};

export const isSameColumn =
  ({ relation, name }: Column, block: Block) =>
  (node: Node): boolean => {
    const column = columnOf(node, block);
    return column?.relation === relation && column.name === name;
  };

/** The parts of a condition that all have to hold. */
export const conjuncts = (node: Node): readonly Node[] =>
  node.BoolExpr?.boolop === "AND_EXPR" ? node.BoolExpr.args.flatMap(conjuncts) : [node];
