/** What a row of a result holds: groups, aggregates, and defaults of COALESCE. */
import { type Block, columnOf, ownNodes } from "../blocks.ts";
import { emptied, functionOf, insteadOf, isAggregate } from "../build.ts";
import { type FunctionCall, type Node, type Path, type Select, without } from "../syntax-tree.ts";
import { rowsOf } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeGroups: Propose = (block, show) => {
  const { select, path } = block;
  const keys = select?.groupClause ?? [];
  if (!select || keys.length < 2) return [];
  return keys.flatMap((key, index): Proposal[] => {
    const others = keys.filter((_, each) => each !== index);
    if (follows(key, others, block)) return [];
    return [
      {
        kind: "grouping-changed",
        path: [...path, "groupClause"],
        put: others,
        defect: `${rowsOf(block)} with different ${show(key)} became one`,
        row: `two ${rowsOf(block)} that differ in ${show(key)} alone, of what is grouped by`,
      },
    ];
  });
};

/** Whether a column is the same for all rows of a group: the group has a key of its table. */
function follows(key: Node, others: readonly Node[], block: Block): boolean {
  const column = columnOf(key, block);
  const given = others.map((node) => columnOf(node, block)).filter((each) => each?.relation === column?.relation);
  const names = new Set(given.map((each) => each?.name));
  return column?.relation.table?.keys.some((each) => each.every((name) => names.has(name))) ?? false;
}

/** Of the same values. */
const OTHERS: Readonly<Record<string, string>> = {
  ...{ min: "max", max: "min", sum: "max", avg: "max" },
  ...{ bool_and: "bool_or", bool_or: "bool_and", every: "bool_or" },
};

export const proposeAggregates: Propose = (block, show) =>
  expressionsOf(block).flatMap(([node, path]) => (isAggregate(node) ? aggregates(node, path, block, show) : []));

function aggregates(node: Node, path: Path, block: Block, show: (node: Node) => string): Proposal[] {
  const called = node.FuncCall as FunctionCall;
  const [argument] = called.args ?? [];
  const name = functionOf(node) ?? "";
  const of = argument ? show(argument) : "";
  const rows = rowsOf(block);
  const proposal = (put: Node, defect: string, row: string): Proposal[] => [
    { kind: "aggregate-changed", path, put, defect, row },
  ];
  const other = OTHERS[name];
  const renamed: FunctionCall = { ...called, funcname: [{ String: { sval: other ?? name } }] };
  if (other) {
    return proposal(
      insteadOf({ FuncCall: renamed }, node),
      `${other}(${of}) were taken instead of ${name}(${of})`,
      `two ${rows} of one group with different ${of}`,
    );
  }
  if (name !== "count" || !argument) return [];
  if (called.agg_distinct) {
    return proposal(
      { FuncCall: without(called, "agg_distinct") },
      `each ${of} were counted as often as it is there`,
      `two ${rows} with the same ${of}`,
    );
  }
  if (columnOf(argument, block)?.isRequired) return [];
  return proposal(
    { FuncCall: { ...without(called, "args"), agg_star: true } },
    `${rows} without ${of} were counted too`,
    `a row to count without ${of}`,
  );
}

export const proposeDefaults: Propose = (block, show) =>
  expressionsOf(block).flatMap(([node, path]) => {
    const [first, ...defaults] = node.CoalesceExpr?.args ?? [];
    const last = defaults.at(-1);
    if (!first || !last || last.A_Const?.isnull || isNeverNull(first, block)) return [];
    return [
      {
        kind: "default-dropped",
        path: [...path, "CoalesceExpr", "args", defaults.length],
        put: emptied(last),
        defect: `there were NULL instead of ${show(last)} where ${show(first)} is`,
        row: `a row for which ${show(first)} is NULL`,
      } as const,
    ];
  });

/** And the lists that Drizzle's relational queries collect: their default is Drizzle's own. */
function isNeverNull(node: Node, block: Block): boolean {
  const name = functionOf(node);
  return name === "count" || name === "json_agg" || name === "jsonb_agg" || columnOf(node, block)?.isRequired === true;
}

/** What Postgres takes for another expression where it is repeated is left out: GROUP BY, and what is sorted by. */
function expressionsOf({ select, insert, update, delete: del, path }: Block): [Node, Path][] {
  const statement = select ?? insert ?? update ?? del ?? {};
  const {
    groupClause: _,
    sortClause: __,
    distinctClause: ___,
    withClause: ____,
    larg: _____,
    rarg: ______,
    ...content
  } = statement as Select & { withClause?: object };
  return [...ownNodes(content, path)];
}
