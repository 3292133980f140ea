/** Where conditions are in a block, and what they consist of. */
import { type Block, type Column, columnOf, isCounting, ownNodes, type Relation } from "./blocks.ts";
import { operatorOf } from "./build.ts";
import { type Node, namesOf, type Path } from "./syntax-tree.ts";

export type Clause = "where" | "join" | "having" | "conflict" | "filter";

/** A condition that holds no other by AND, OR or NOT. */
export interface Condition {
  readonly node: Node;
  readonly path: Path;
  readonly clause: Clause;
  /** Whether it is one of several that only have to hold by one: of an OR. */
  readonly isAlternative: boolean;
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
  const from = select ? "fromClause" : update ? "fromClause" : "usingClause";
  const joined = select?.fromClause ?? update?.fromClause ?? del?.usingClause ?? [];
  return [
    ...whole(select?.whereClause ?? update?.whereClause ?? del?.whereClause, ["whereClause"], "where"),
    ...joined
      .flatMap((node, index) => joinsOf(node, [from, index]))
      .flatMap(({ join, path: at }) => whole(join.quals, [...at, "quals"], "join")),
    ...whole(select?.havingClause, ["havingClause"], "having"),
    ...whole(insert?.onConflictClause?.whereClause, ["onConflictClause", "whereClause"], "conflict"),
    ...[...ownNodes(select?.targetList ?? [], ["targetList"])].flatMap(([{ FuncCall }, at]) =>
      whole(FuncCall?.agg_filter, [...at, "FuncCall", "agg_filter"], "filter"),
    ),
  ];
}

export interface FoundJoin {
  readonly join: NonNullable<Node["JoinExpr"]>;
  readonly path: Path;
}

/** The joins in an item of FROM, the outermost first. @param path - of the item; those of the result lead into the joins */
export function joinsOf({ JoinExpr: join }: Node, path: Path): FoundJoin[] {
  if (!join) return [];
  const own = [...path, "JoinExpr"];
  return [{ join, path: own }, ...joinsOf(join.larg, [...own, "larg"]), ...joinsOf(join.rarg, [...own, "rarg"])];
}

export const conditionsOf = (block: Block): Condition[] => clausesOf(block).flatMap((whole) => partsOf(whole, false));

function partsOf({ node, path, clause }: Whole, isAlternative: boolean): Condition[] {
  const { BoolExpr } = node;
  if (!BoolExpr) return [{ node, path, clause, isAlternative }];
  // what is in a NOT is altered with it: a loosened condition in it would be a stricter one
  if (BoolExpr.boolop === "NOT_EXPR") return [{ node, path, clause, isAlternative }];
  return BoolExpr.args.flatMap((arg, index) =>
    partsOf({ node: arg, path: [...path, "BoolExpr", "args", index], clause }, BoolExpr.boolop === "OR_EXPR"),
  );
}

/** `column = value`, for a value that does not depend on the block's rows. */
export function equalityOf(
  { A_Expr: expression }: Node,
  block: Block,
): { readonly column: Column; readonly value: Node } | undefined {
  if (expression?.kind !== "AEXPR_OP" || namesOf(expression.name).at(-1) !== "=") return undefined;
  const { lexpr, rexpr } = expression;
  if (!lexpr || !rexpr) return undefined;
  for (const [one, other] of [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ] as const) {
    const column = columnOf(one, block);
    if (column && block.relations.includes(column.relation) && isConstant(other, block))
      return { column, value: other };
  }
  return undefined;
}

/** A parameter, a literal, or a column of an outer block: the same for all rows of this one. */
export function isConstant(node: Node, block: Block): boolean {
  if (node.ParamRef || node.A_Const) return true;
  if (node.TypeCast) return isConstant(node.TypeCast.arg, block);
  const column = columnOf(node, block);
  return column !== undefined && !block.relations.includes(column.relation);
}

/** Whether a block finds no more than one row, be there a limit or not: all columns of a key are given, and what is joined adds none. */
export function isOfOneRow(block: Block): boolean {
  const { select, relations } = block;
  if (!select) return false;
  if (isCounting(block)) return true;
  const [first, ...others] = select.fromClause ?? [];
  if (!first || others.length > 0) return false;
  const joins = joinsOf(first, []);
  const [relation] = relations;
  const isFirstOne =
    relation !== undefined && (isGivenByKey(relation, block) || addsNone(joins.at(-1)?.join.larg ?? first, block));
  return (
    isFirstOne &&
    joins.every(
      ({ join }) => join.jointype !== "JOIN_FULL" && (addsNone(join.rarg, block) || isJoinedByKey(join, block)),
    )
  );
}

function isGivenByKey(relation: Relation, block: Block): boolean {
  const given = new Set(
    clausesOf(block)
      .filter(({ clause }) => clause === "where")
      .flatMap(({ node }) => conjuncts(node))
      .flatMap((node) => equalityOf(node, block)?.column ?? [])
      .filter((column) => column.relation === relation)
      .map(({ name }) => name),
  );
  return relation.table?.keys.some((key) => key.every((column) => given.has(column))) ?? false;
}

/** A subquery of one row at most, such as Drizzle's relational queries join. */
function addsNone({ RangeSubselect }: Node, block: Block): boolean {
  const inner = block.inner.find(({ select }) => select && select === RangeSubselect?.subquery?.SelectStmt);
  return inner !== undefined && (isOfOneRow(inner) || inner.select?.limitCount?.A_Const?.ival?.ival === 1);
}

/** One row of the joined table at most for each: its key is asked to be equal to something. */
function isJoinedByKey({ rarg, quals }: FoundJoin["join"], block: Block): boolean {
  const relation = block.relations.find(
    ({ alias }) => alias === (rarg.RangeVar?.alias?.aliasname ?? rarg.RangeVar?.relname),
  );
  if (!relation || !quals) return false;
  const equal = conjuncts(quals).flatMap((node) => {
    if (operatorOf(node) !== "=") return [];
    const [one, other] = [columnOf(node.A_Expr?.lexpr, block), columnOf(node.A_Expr?.rexpr, block)];
    const own = one?.relation === relation ? one : other?.relation === relation ? other : undefined;
    return own && one?.relation !== other?.relation ? [own.name] : [];
  });
  return relation.table?.keys.some((key) => key.every((name) => equal.includes(name))) ?? false;
}

/** The parts of a condition that all have to hold. */
export const conjuncts = (node: Node): readonly Node[] =>
  node.BoolExpr?.boolop === "AND_EXPR" ? node.BoolExpr.args.flatMap(conjuncts) : [node];
