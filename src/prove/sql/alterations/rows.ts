/** Which rows of a result there are, and in which order: ORDER BY, LIMIT, OFFSET, DISTINCT, UNION. */
import { type Block, columnOf, isCounting, listsOf, type Relation } from "../blocks.ts";
import { cast, hasParameter, integer, operator } from "../build.ts";
import { isOfOneRow } from "../conditions.ts";
import { type Node, type Select, type Sort, without } from "../syntax-tree.ts";
import { rowsOf, verbOf } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeOrder: Propose = (block, show) => [...ofRows(block, show), ...ofLists(block, show)];

/** The order in a list that an aggregate makes. */
const ofLists: Propose = (block, show) =>
  listsOf(block).flatMap(([{ agg_order: sorts = [] }, path]) =>
    sorts.flatMap(({ SortBy: sort }, index): Proposal[] =>
      sort
        ? [
            {
              kind: "order-turned",
              path: [...path, "FuncCall", "agg_order", index],
              put: { SortBy: turned(sort) },
              defect: `${rowsOf(block)} came in the opposite order of ${show(sort.node)} in their list`,
              row: `two ${rowsOf(block)} of one list with different ${show(sort.node)}`,
            },
          ]
        : [],
    ),
  );

const ofRows: Propose = (block, show) => {
  const { select, path } = block;
  const sorts = (select?.sortClause ?? []).flatMap(({ SortBy }) => SortBy ?? []);
  if (!select || sorts.length === 0 || !orderMatters(block, select)) return [];
  const site = [...path, "sortClause"];
  const telling = sorts.slice(0, tellingKeys(sorts, block));
  return [
    ...telling.map(
      (sort, index): Proposal => ({
        kind: "order-turned",
        path: [...site, index],
        put: { SortBy: turned(sort) },
        defect: `rows came in the opposite order of ${show(sort.node)}${
          index > 0
            ? `, where they have the same ${telling
                .slice(0, index)
                .map(({ node }) => show(node))
                .join(", ")}`
            : ""
        }`,
        row: `two ${rowsOf(block)} with different ${show(sort.node)}${index > 0 ? " that are the same in what is sorted by before" : ""}`,
      }),
    ),
    ...(hasParameter(select.sortClause) || (select.distinctClause && select.limitCount)
      ? []
      : [
          {
            kind: "order-dropped",
            path,
            put: without(select, "sortClause"),
            defect: `rows came in any order, not by ${telling.map(({ node }) => show(node)).join(", ")}`,
            row: `${rowsOf(block)} in another order than they are sorted`,
          } as const,
        ]),
  ];
};

const turned = (sort: Sort): Sort => ({
  ...sort,
  sortby_dir: sort.sortby_dir === "SORTBY_DESC" ? "SORTBY_ASC" : "SORTBY_DESC",
});

/** Not for one row, nor where only its being there counts, nor where what is around sorts again, or need not keep an order. */
function orderMatters(block: Block, select: Select): boolean {
  if (isOfOneRow(block) || isCounting(block) || block.place === "exists" || block.place === "in") return false;
  if (block.place !== "from" && block.place !== "cte") return true;
  // a list that is sorted itself takes rows in any order
  return Boolean(select.limitCount) || (block.outer ? listsOf(block.outer) : []).some(([{ agg_order }]) => !agg_order);
}

/** How many sort keys there are until rows cannot be the same in all of them. */
function tellingKeys(sorts: readonly Sort[], block: Block): number {
  const [relation, ...others] = block.relations;
  if (!relation?.table || others.length > 0) return sorts.length;
  for (let count = 1; count < sorts.length; count++) {
    if (
      holdsKey(
        sorts.slice(0, count).map(({ node }) => node),
        relation,
        block,
      )
    )
      return count;
  }
  return sorts.length;
}

function holdsKey(nodes: readonly Node[], relation: Relation, block: Block): boolean {
  const columns = nodes.map((node) => columnOf(node, block)).filter((column) => column?.isRequired);
  const names = new Set(columns.map((column) => column?.name));
  return relation.table?.keys.some((key) => key.every((name) => names.has(name))) ?? false;
}

/** More rows than any test has. */
const MANY = 1_000_000;

export const proposeLimits: Propose = (block, show) => {
  const { select, path, place } = block;
  if (!select || place === "exists" || isOfOneRow(block) || isCounting(block)) return [];
  const { limitCount: limit, limitOffset: offset } = select;
  const isLimited = limit && !limit.A_Const?.isnull;
  const rows = rowsOf(block);
  return [
    ...(isLimited
      ? [
          {
            kind: "limit-changed",
            path: [...path, "limitCount"],
            put: operator("+", cast(limit, "int8"), integer(MANY)),
            defect: `more than ${show(limit)} ${rows} were ${verbOf(block)}`,
            row: `more ${rows} that fulfil the conditions than ${show(limit)}`,
          } as const,
        ]
      : []),
    ...((offset && offset.A_Const?.ival?.ival !== undefined) || offset?.ParamRef
      ? [
          {
            kind: "offset-changed",
            path: [...path, "limitOffset"],
            put: operator("*", cast(offset, "int8"), integer(0)),
            defect: `all ${rows} were ${verbOf(block)} from the first on, not from ${show(offset)} on`,
            row: `more ${rows} than are on the first page, and ask for the second`,
          } as const,
        ]
      : []),
  ];
};

export const proposeDistinct: Propose = (block, show) => {
  const { select, path } = block;
  if (!select?.distinctClause || isOfOneRow(block) || isUnique(select, block)) return [];
  const keys = select.distinctClause.filter((node) => Object.keys(node).length > 0);
  const of = keys.length > 0 ? ` with the same ${keys.map(show).join(", ")}` : "";
  return [
    {
      kind: "distinct-dropped",
      path,
      put: without(select, "distinctClause"),
      defect: `${rowsOf(block)}${of} were ${verbOf(block)} more than once`,
      row: `two ${rowsOf(block)} that are the same in ${keys.length > 0 ? keys.map(show).join(", ") : "all that is selected"}`,
    },
  ];
};

/** Whether what is selected of one table holds a key of it. */
function isUnique(select: Select, block: Block): boolean {
  const [relation, ...others] = block.relations;
  if (!relation || others.length > 0) return false;
  return holdsKey(
    (select.targetList ?? []).flatMap(({ ResTarget }) => ResTarget?.val ?? []),
    relation,
    block,
  );
}

export const proposeUnions: Propose = ({ select, path }) => {
  if (select?.op !== "SETOP_UNION") return [];
  const isAll = select.all === true;
  return [
    {
      kind: "union-changed",
      path,
      put: isAll ? without(select, "all") : { ...select, all: true },
      defect: isAll
        ? "rows that both sides of the UNION ALL have came once"
        : "rows that both sides of the UNION have came twice",
      row: "a row that both sides of the union have",
    },
  ];
};
