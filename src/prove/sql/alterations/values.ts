/** What a row of a result holds: aggregates, and defaults of COALESCE. */
import { type Block, isStatement } from "../blocks.ts";
import { emptied, functionOf, insteadOf, isAggregate, operatorOf } from "../build.ts";
import { conditionsOf, conjuncts, holding, isNeverNull } from "../conditions.ts";
import { determinedBy, groupsOf } from "../determined.ts";
import { type FunctionCall, meaning, type Node, nodesOf, type Path, type Select, without } from "../syntax-tree.ts";
import { rowsOf } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

type Show = (node: Node) => string;

/** Of the same values. */
const OTHERS: Readonly<Record<string, string>> = {
  ...{ min: "max", max: "min", sum: "max", avg: "max" },
  ...{ bool_and: "bool_or", bool_or: "bool_and", every: "bool_or" },
};

export const proposeAggregates: Propose = (block, show) =>
  expressionsOf(block).flatMap(([node, path]) => (isAggregate(node) ? aggregates(node, path, block, show) : []));

function aggregates(node: Node, path: Path, block: Block, show: Show): Proposal[] {
  const called = node.FuncCall as FunctionCall;
  const [argument] = called.args ?? [];
  if (!argument) return [];
  const name = functionOf(node) ?? "";
  const [rows, of] = [rowsOf(block), show(argument)];
  const proposal = (put: Node, defect: string, row: string): Proposal[] => [
    { kind: "aggregate-changed", path, put, defect, row },
  ];
  const other = OTHERS[name];
  if (called.agg_distinct && (!other || name === "sum" || name === "avg")) {
    if (determinedBy([...groupsOf(block), ...(called.args ?? [])], block).isRow) return [];
    return proposal(
      { FuncCall: without(called, "agg_distinct") },
      `each ${of} were taken as often as it is there`,
      `two ${rows} with the same ${of}`,
    );
  }
  if (other) {
    if (isOfSameValues(name, argument, block)) return [];
    return proposal(
      insteadOf({ FuncCall: { ...called, funcname: [{ String: { sval: other } }] } }, node),
      `${other}(${of}) were taken instead of ${name}(${of})`,
      `two ${rows} of one group with different ${of}`,
    );
  }
  if (name !== "count" || isAlwaysThere(argument, called, block)) return [];
  return proposal(
    { FuncCall: { ...without(called, "args"), agg_star: true } },
    `${rows} without ${of} were counted too`,
    `a row to count without ${of}`,
  );
}

/** Whether a group has one value only. */
function isOfSameValues(name: string, argument: Node, block: Block): boolean {
  const determined = determinedBy(groupsOf(block), block);
  return determined.isRow || (name !== "sum" && determined.has(argument));
}

const isAlwaysThere = (argument: Node, { agg_filter: filter }: FunctionCall, block: Block): boolean =>
  (argument.A_Const && !argument.A_Const.isnull) ||
  isNeverNull(argument, [...holding(block), ...(filter ? conjuncts(filter) : [])], block);

export const proposeDefaults: Propose = (block, show) => {
  const falseAnyway = new Set(conditionsOf(block).flatMap(({ node }) => defaultsOfFalse(node)));
  return expressionsOf(block).flatMap(([node, path]) => {
    const values = node.CoalesceExpr?.args ?? [];
    const before = values.slice(0, -1);
    const last = values.at(-1);
    if (!last || before.length === 0 || last.A_Const?.isnull || falseAnyway.has(node)) return [];
    if (before.some((value) => isThere(value, block))) return [];
    const shown = before.map(show).join(" and ");
    return [
      {
        kind: "default-dropped",
        path: [...path, "CoalesceExpr", "args", before.length],
        put: emptied(last),
        defect: `there were NULL instead of ${show(last)} where ${shown} ${before.length > 1 ? "are" : "is"}`,
        row: `a row for which ${shown} ${before.length > 1 ? "are" : "is"} NULL`,
      } as const,
    ];
  });
};

/** And the lists that Drizzle's relational queries collect: their default is Drizzle's own. */
function isThere(node: Node, block: Block): boolean {
  const name = functionOf(node);
  return name === "count" || name === "json_agg" || name === "jsonb_agg" || isNeverNull(node, holding(block), block);
}

/** COALESCE in a condition that does not hold by its default, either. */
function defaultsOfFalse(condition: Node): Node[] {
  if (condition.CoalesceExpr) return isFalse(condition.CoalesceExpr.args.at(-1)) ? [condition] : [];
  const { kind, lexpr, rexpr } = condition.A_Expr ?? {};
  if (kind !== "AEXPR_OP" || !lexpr || !rexpr) return [];
  const [left, right] = [lexpr, rexpr].map((side) => literalOf(side.CoalesceExpr?.args.at(-1) ?? side));
  if (left === undefined || right === undefined || typeof left !== typeof right) return [];
  const holds = HOLDS[operatorOf(condition) ?? ""];
  // texts are sorted by their collation
  if (!holds || holds(left, right) || (typeof left === "string" && !/^(=|<>)$/.test(operatorOf(condition) ?? "")))
    return [];
  return [lexpr, rexpr].filter(({ CoalesceExpr }) => CoalesceExpr);
}

type Value = string | number | boolean;

const HOLDS: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  "=": (left, right) => left === right,
  "<>": (left, right) => left !== right,
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

const isFalse = (node: Node | undefined): boolean => literalOf(node) === false;

function literalOf(node: Node | undefined): Value | undefined {
  const { A_Const: constant } = node ?? {};
  if (constant?.boolval) return constant.boolval.boolval ?? false;
  if (constant?.ival) return constant.ival.ival ?? 0;
  return constant?.sval?.sval;
}

/** What Postgres takes for another expression where it is repeated is left out: GROUP BY, and what is sorted by. */
function expressionsOf(block: Block): [Node, Path][] {
  const statement = block.select ?? block.insert ?? block.update ?? block.delete ?? {};
  const apart: (keyof Select)[] = ["groupClause", "sortClause", "distinctClause", "withClause", "larg", "rarg"];
  const content = without(
    statement as Select,
    ...apart,
    ...(block.place === "exists" ? (["targetList"] as const) : []),
  );
  const groups = new Set((block.select?.groupClause ?? []).map(meaning));
  const isGroup = (node: Node): boolean => groups.size > 0 && groups.has(meaning(node));
  const found = nodesOf(content, block.path, (node) => !isStatement(node) && !isGroup(node));
  return [...found].filter(([node]) => !isGroup(node));
}
