/** Which rows of a result there are: LIMIT, OFFSET, DISTINCT, UNION. */
import type { Block } from "../blocks.ts";
import { cast, integer, operator } from "../build.ts";
import { determinedBy, isOfOneRow, spelledOut } from "../determined.ts";
import { isOfTree, isRecursion } from "../recursion.ts";
import { type Node, type Select, without } from "../syntax-tree.ts";
import { rowsOf, verbOf } from "../wording.ts";
import type { Propose } from "./proposal.ts";

/** More rows than any test has. */
const MANY = 1_000_000;

export const proposeLimits: Propose = (block, show, given) => {
  const { select, path, place } = block;
  if (!select || place === "exists" || isOfOneRow(block)) return [];
  const { limitCount: limit, limitOffset: offset } = select;
  // who asks for one row takes the first, however many come
  const isLimited = limit && !limit.A_Const?.isnull && !(place === "top" && given(limit) === "1");
  const rows = rowsOf(block);
  const limited = limit && `${show(limit)} ${limit.A_Const?.ival?.ival === 1 ? rows.replace("rows", "row") : rows}`;
  return [
    ...(isLimited
      ? [
          {
            kind: "limit-changed",
            path: [...path, "limitCount"],
            put: operator("+", cast(limit, "int8"), integer(MANY)),
            defect: `more than ${limited} were ${verbOf(block)}`,
            row: `more ${rows} that fulfil the conditions than ${show(limit)}`,
          } as const,
        ]
      : []),
    ...(offset && (!offset.A_Const || offset.A_Const.ival?.ival)
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
  const keys = (select?.distinctClause ?? []).filter((node) => Object.keys(node).length > 0);
  if (!select?.distinctClause || takesEqualForOne(block, select) || isUnique(block, keys)) return [];
  const same = keys.map(show).join(", ");
  return [
    {
      kind: "distinct-dropped",
      path,
      put: without(select, "distinctClause"),
      defect: `${rowsOf(block)}${same && ` with the same ${same}`} were ${verbOf(block)} more than once`,
      row: `two ${rowsOf(block)} that are the same in ${same || "all that is selected"}`,
    },
  ];
};

/** Whether what is around does not care how often a row is there. */
function takesEqualForOne({ place }: Block, { distinctClause, limitCount, limitOffset }: Select): boolean {
  if (place === "exists") return !limitOffset;
  if (limitCount ?? limitOffset) return false;
  const isDistinctOn = distinctClause?.some((node) => Object.keys(node).length > 0);
  return !isDistinctOn && (place === "in" || place === "armOfSet");
}

/** Whether no two rows are the same in what is selected, or in some of it. */
function isUnique(block: Block, some: readonly Node[] = []): boolean {
  const { targetList = [] } = block.select ?? {};
  const nodes =
    some.length > 0
      ? some.map((node) => spelledOut(node, { targetList }))
      : targetList.flatMap(({ ResTarget }) => ResTarget?.val ?? []);
  return isOfOneRow(block) || determinedBy(nodes, block).isResult;
}

export const proposeUnions: Propose = (block) => {
  const { select, path } = block;
  if (select?.op !== "SETOP_UNION" || takesEqualForOne(block, select) || isDisjoint(block) || isEndless(block))
    return [];
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

/** A recursion that may not end without leaving out what it has found, and one that finds nothing twice. */
const isEndless = (block: Block): boolean => isRecursion(block) && (!block.select?.all || isOfTree(block));

/** Whether each arm has a word of its own for its rows, and none of them twice. */
function isDisjoint(block: Block): boolean {
  const arms = armsOf(block);
  if (!arms.every((arm) => isUnique(arm))) return false;
  const [first] = arms.map(({ select }) => select?.targetList ?? []);
  return (first ?? []).some((_, index) => {
    const words = arms.map(({ select }) => wordOf(select?.targetList?.[index]?.ResTarget?.val));
    return !words.includes(undefined) && new Set(words).size === words.length;
  });
}

const armsOf = (block: Block): Block[] => (block.select?.op === "SETOP_UNION" ? block.arms.flatMap(armsOf) : [block]);

const wordOf = (node: Node | undefined): string | undefined => {
  const constant = (node?.TypeCast?.arg ?? node)?.A_Const;
  return constant?.sval?.sval ?? constant?.ival?.ival?.toString();
};
