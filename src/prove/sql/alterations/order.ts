/** The order of rows, and of what aggregates and window functions go through: ORDER BY. */
import { type Block, blockOf, listsOf, ownNodes } from "../blocks.ts";
import { functionOf, hasParameter } from "../build.ts";
import { determinedBy, groupsOf, isOfOneRow, spelledOut } from "../determined.ts";
import { keptOf } from "../references.ts";
import { meaning, type Node, type Path, type Select, type Sort, without } from "../syntax-tree.ts";
import { relationsIn, rowsOf } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

type Show = (node: Node) => string;

export const proposeOrder: Propose = (block, show) => [
  ...ofRows(block, show),
  ...ofLists(block, show),
  ...ofWindows(block, show),
];

/** The order in a list that an aggregate makes. */
const ofLists = (block: Block, show: Show): Proposal[] =>
  listsOf(block).flatMap(([{ agg_order: sorts = [] }, path]) => {
    const all = telling(sorts, groupsOf(block), block, "isRow");
    return all.map(({ sort, index }, place): Proposal => {
      const rows = rowsOf(block, relationsIn(sort.node, block)[0]);
      const { defect, row } = turnedWords(all, place, ({ node }) => show(node));
      return {
        kind: "order-turned",
        path: [...path, "FuncCall", "agg_order", index],
        put: { SortBy: turned(sort) },
        defect: `in their list, ${rows} came in the opposite order of ${defect}`,
        row: `two ${rows} of one list with ${row}`,
      };
    });
  });

/** Where rows are numbered, summed up or looked back at. */
const ofWindows = (block: Block, show: Show): Proposal[] =>
  windowsOf(block).flatMap(({ sorts, name, path }) => {
    const all = telling(sorts, [], block);
    return all.map(({ sort, index }, place): Proposal => {
      const { defect, row } = turnedWords(all, place, ({ node }) => show(node));
      return {
        kind: "order-turned",
        path: [...path, index],
        put: { SortBy: turned(sort) },
        defect: `${name} went through ${rowsOf(block)} in the opposite order of ${defect}`,
        row: `two ${rowsOf(block)} of one window with ${row}`,
      };
    });
  });

interface FoundWindow {
  readonly sorts: readonly Node[];
  readonly name: string;
  readonly path: Path;
}

function windowsOf({ select, path }: Block): FoundWindow[] {
  const { targetList, windowClause } = select ?? {};
  return [...ownNodes({ targetList, windowClause }, path)].flatMap(([node, at]): FoundWindow[] => {
    const [window, keys, name] = node.WindowDef
      ? [node.WindowDef, ["WindowDef"], `the window ${node.WindowDef.name}`]
      : [node.FuncCall?.over, ["FuncCall", "over"], `${functionOf(node)}()`];
    return window?.orderClause ? [{ sorts: window.orderClause, name, path: [...at, ...keys, "orderClause"] }] : [];
  });
}

function ofRows(block: Block, show: Show): Proposal[] {
  const { select, path } = block;
  if (!select?.sortClause || !orderMatters(block, select)) return [];
  const all = telling(select.sortClause, distinctBefore(block, select), block).filter(
    ({ earlier }) => !isAllDetermined(earlier, select, block),
  );
  const shown = ({ node }: Sort): string => show(node.A_Const ? spelledOut(node, select) : node);
  const site = [...path, "sortClause"];
  return [
    ...all.map(({ sort, index }, place): Proposal => {
      const { defect, row } = turnedWords(all, place, shown);
      return {
        kind: "order-turned",
        path: [...site, index],
        put: { SortBy: turned(sort) },
        defect: `${rowsOf(block)} came in the opposite order of ${defect}`,
        row: `two ${rowsOf(block)} with ${row}`,
      };
    }),
    ...(all.length === 0 ||
    isSortedBefore(select, block) ||
    hasParameter(select.sortClause) ||
    (select.distinctClause && select.limitCount)
      ? []
      : [
          {
            kind: "order-dropped",
            path,
            put: without(select, "sortClause"),
            defect: `${rowsOf(block)} came in any order, not by ${all.map(({ sort }) => shown(sort)).join(", ")}`,
            row: `${rowsOf(block)} in another order than they are sorted`,
          } as const,
        ]),
  ];
}

/** By what rows come the other way round, and which rows show it. */
function turnedWords(
  all: readonly Telling[],
  place: number,
  shown: (sort: Sort) => string,
): { readonly defect: string; readonly row: string } {
  const [own, ...before] = all
    .slice(0, place + 1)
    .map(({ sort }) => shown(sort))
    .toReversed();
  if (before.length === 0) return { defect: `${own}`, row: `different ${own}` };
  const same = `the same ${before.toReversed().join(", ")}`;
  return { defect: `${own}, where they have ${same}`, row: `${same}, and different ${own}` };
}

/** Whether rows come in this order from a subquery, as Drizzle's relational queries have it. */
function isSortedBefore({ fromClause: [first] = [], sortClause }: Select, block: Block): boolean {
  const kept = first && keptOf(first);
  const before = kept && blockOf(kept, block)?.select?.sortClause;
  return before !== undefined && meaning(before) === meaning(sortClause);
}

const turned = (sort: Sort): Sort => ({
  ...sort,
  sortby_dir: sort.sortby_dir === "SORTBY_DESC" ? "SORTBY_ASC" : "SORTBY_DESC",
});

/** Whether the order decides which rows there are. */
const picks = ({ limitCount, limitOffset, distinctClause }: Select): boolean =>
  (limitCount !== undefined && !limitCount.A_Const?.isnull) ||
  limitOffset !== undefined ||
  isDistinctOn(distinctClause);

const isDistinctOn = (distinct: readonly Node[] = []): boolean => distinct.some((node) => Object.keys(node).length > 0);

/** Not for one row, nor where only its being there counts, nor where what is around sorts again, or need not keep an order. */
function orderMatters(block: Block, select: Select): boolean {
  if (block.place === "exists" || isOfOneRow(block)) return false;
  if (block.place === "top" || block.place === "array" || block.place === "insert" || picks(select)) return true;
  if (block.place !== "from" && block.place !== "cte") return false;
  // a list that is sorted itself takes rows in any order
  return (block.outer ? listsOf(block.outer) : []).some(([{ agg_order }]) => !agg_order);
}

/** By what DISTINCT ON takes one row each, it says nothing which: there, only what is sorted by after it does. */
const distinctBefore = ({ place }: Block, select: Select): readonly Node[] =>
  isDistinctOn(select.distinctClause) && !select.limitCount && place !== "top" ? (select.distinctClause ?? []) : [];

interface Telling {
  readonly sort: Sort;
  readonly index: number;
  /** What is sorted by before. */
  readonly earlier: readonly Node[];
}

/** Whether rows that are the same in some expressions are the same in all that is selected: it cannot be told which comes first. */
function isAllDetermined(nodes: readonly Node[], { targetList = [] }: Select, block: Block): boolean {
  const determined = determinedBy(nodes, block);
  const isDetermined = ({ ResTarget: target }: Node): boolean =>
    target?.val !== undefined && determined.has(target.val);
  return targetList.length > 0 && targetList.every(isDetermined);
}

/** Sort keys in which rows can differ that are the same in those before. */
function telling(
  sorts: readonly Node[],
  before: readonly Node[],
  block: Block,
  of: "isRow" | "isResult" = "isResult",
): Telling[] {
  const spelled = (node: Node): Node => spelledOut(node, block.select ?? {});
  return sorts.flatMap(({ SortBy: sort }, index) => {
    if (!sort) return [];
    const earlier = [...before, ...sorts.slice(0, index).flatMap(({ SortBy }) => SortBy?.node ?? [])].map(spelled);
    const determined = determinedBy(earlier, block);
    return determined[of] || determined.has(spelled(sort.node)) ? [] : [{ sort, index, earlier }];
  });
}
