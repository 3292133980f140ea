/** Conditions of WHERE, ON, HAVING and FILTER: dropped, negated, and each by what it says. */
import { type Block, columnOf, columnsOf, isRecursive, isRepeated } from "../blocks.ts";
import { always, and, call, functionOf, named, never, not, operator, operatorOf, or, text } from "../build.ts";
import {
  besideOf,
  type Clause,
  type Condition,
  clausesOf,
  conditionsOf,
  equalityOf,
  isNeverNull,
  isSameColumn,
} from "../conditions.ts";
import { countsForNothing } from "../counted.ts";
import { isMomentary } from "../moments.ts";
import { followsFromReference } from "../references.ts";
import type { Relation } from "../relations.ts";
import { meaning, type Node, type Path } from "../syntax-tree.ts";
import { columnsIn, keptBy, one, othersOf, verbOf } from "../wording.ts";
import { type Given, NOW, type Proposal, type Propose } from "./proposal.ts";

type Show = (node: Node) => string;

export const proposeConditions: Propose = (block, show, given) =>
  conditionsOf(block)
    .filter(({ node }) => !saysNothing(node))
    .flatMap((condition, _, { length }) => {
      const columns = columnsIn(condition.node, block);
      const isOnly = length === 1;
      return [
        ...(isOfEnd(condition.node, block) || isImplied(condition, block)
          ? []
          : [dropped(condition, isOnly, block, show)]),
        ...(isOfEnd(condition.node, block) ? [] : [turned(condition, isOnly, block, show)]),
        ...shifted(condition, block, show, given),
        ...patterns(condition, block, show, given),
      ].map((proposal) => ({ ...proposal, columns }));
    });

/** `true`: what a framework puts where there is no condition. */
const saysNothing = (node: Node): boolean => node.A_Const !== undefined;

/** What a recursion ends by: it might not, without. */
const isOfEnd = (node: Node, block: Block): boolean =>
  isRepeated(block) && columnsOf(node, block).some(({ relation }) => isRecursive(relation, block.cte));

/** Whether a condition holds wherever the conditions beside it do. */
function isImplied(condition: Condition, block: Block): boolean {
  const { node } = condition;
  const beside = besideOf(condition, block);
  if (node.NullTest?.nulltesttype === "IS_NOT_NULL") {
    const { arg } = node.NullTest;
    const column = condition.clause === "where" && !condition.isAlternative ? columnOf(arg, block) : undefined;
    const countsNothing = column !== undefined && countsForNothing(isSameColumn(column, block), block);
    return countsNothing || isNeverNull(arg, beside, block);
  }
  return beside.some((each) => meaning(each) === meaning(node)) || followsFromReference(node, beside, block);
}

function dropped(condition: Condition, isOnly: boolean, block: Block, show: Show): Proposal {
  const { node, path, clause, isAlternative } = condition;
  const verb = verbOf(block, clause);
  if (isAlternative) {
    const which = `${keptBy(clause, node, block)} for which, of the alternatives, only ${show(node)} holds`;
    return { kind: "condition-dropped", path, put: never(node), defect: `${which} were not ${verb}`, row: one(which) };
  }
  const others = othersOf(clause, node, block, show);
  const isKeyGiven = givesKey(besideOf(condition, block), equalityOf(node, block)?.column.relation, block);
  const which = isOnly ? one(others) : `${one(others)}, while all other conditions hold`;
  return {
    kind: "condition-dropped",
    path,
    put: always(node),
    defect: `${others} were ${verb} too`,
    // there is one row of a key: others are found by asking for them
    row: isKeyGiven ? `a call with the key of ${one(others)}` : which,
  };
}

function givesKey(nodes: readonly Node[], relation: Relation | undefined, block: Block): boolean {
  const columns = nodes.flatMap((node) => equalityOf(node, block)?.column ?? []);
  const names = columns.filter((column) => column.relation === relation).map(({ name }) => name);
  return relation?.table?.keys.some((key) => key.every((name) => names.includes(name))) ?? false;
}

/** The opposite. */
function turned(condition: Condition, isOnly: boolean, block: Block, show: Show): Proposal {
  const { node, path, clause } = condition;
  const { NullTest, A_Expr, SubLink, BoolExpr } = node;
  const shown = show(node);
  const words = {
    path,
    defect: `${shown} were asked the other way round`,
    row: `${one(keptBy(clause, node, block))} for which${turningOn(condition, isOnly, shown)}`,
  };
  if (NullTest) {
    const nulltesttype = NullTest.nulltesttype === "IS_NULL" ? "IS_NOT_NULL" : "IS_NULL";
    return { ...words, kind: "null-test-turned", put: { NullTest: { ...NullTest, nulltesttype } } };
  }
  if (A_Expr?.kind === "AEXPR_IN") {
    const opposite = operatorOf(node) === "=" ? "<>" : "=";
    return { ...words, kind: "membership-turned", put: { A_Expr: { ...A_Expr, name: named(opposite) } } };
  }
  const inner = BoolExpr?.args[0];
  const isMembership = SubLink || inner?.SubLink || /^AEXPR_OP_A(NY|LL)$/.test(A_Expr?.kind ?? "");
  return { ...words, kind: isMembership ? "membership-turned" : "condition-negated", put: inner ?? not(node) };
}

function turningOn({ isAlternative }: Condition, isOnly: boolean, shown: string): string {
  if (isAlternative) return `, of the alternatives, only ${shown} holds, or none of them`;
  return isOnly ? ` ${shown} holds, or does not` : ` all conditions hold, or all but ${shown}`;
}

const SHIFTED: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

const BOUNDS = ["the lower bound ", "the upper bound "];

/** Whether the bound itself is within. */
function shifted({ node, path, clause }: Condition, block: Block, show: Show, given: Given): Proposal[] {
  const { A_Expr } = node;
  const { kind, lexpr, rexpr } = A_Expr ?? {};
  // no fixture meets the very microsecond
  const isMoment = (side: Node): boolean => isMomentary(side) || given(side) === NOW;
  if (!A_Expr || !lexpr || !rexpr || isMoment(lexpr) || isMoment(rexpr)) return [];
  const kept = keptBy(clause, node, block);
  const of = (put: Node, bound: Node, isWithin: boolean, name = ""): Proposal => {
    const which = `${kept} for which ${show(lexpr)} is exactly ${name}${show(bound)}`;
    const defect = `${which} were ${isWithin ? "left out" : `${verbOf(block, clause)} too`}`;
    return { kind: "bound-shifted", path, put, defect, row: one(which) };
  };
  const bounds = rexpr.List?.items ?? [];
  if (kind === "AEXPR_BETWEEN") {
    return bounds.map((bound, at) => of(and(node, operator("<>", lexpr, bound)), bound, true, BOUNDS[at]));
  }
  if (kind === "AEXPR_NOT_BETWEEN") {
    return bounds.map((bound, at) => of(or(node, operator("=", lexpr, bound)), bound, false, BOUNDS[at]));
  }
  const symbol = operatorOf(node) ?? "";
  const other = kind === "AEXPR_OP" ? SHIFTED[symbol] : undefined;
  if (!other || isNeverMet(lexpr, rexpr)) return [];
  return [of({ A_Expr: { ...A_Expr, name: named(other) } }, rexpr, symbol.length === 2)];
}

/** The length of an array is null where it is empty, and never 0. */
const isNeverMet = (value: Node, { A_Const: bound }: Node): boolean =>
  functionOf(value) === "array_length" && bound?.ival !== undefined && !bound.ival.ival;

function patterns({ node, path, clause }: Condition, block: Block, show: Show, given: Given): Proposal[] {
  const { A_Expr } = node;
  const { kind, lexpr, rexpr } = A_Expr ?? {};
  if (!A_Expr || !lexpr || !rexpr || (kind !== "AEXPR_LIKE" && kind !== "AEXPR_ILIKE")) return [];
  const rows = one(keptBy(clause, node, block));
  const isNot = operatorOf(node)?.startsWith("!") === true;
  const pattern = given(rexpr);
  const hasEnds = pattern === undefined || /^%|%$/.test(pattern);
  const hasCase = kind === "AEXPR_ILIKE" && (pattern === undefined || pattern.toLowerCase() !== pattern.toUpperCase());
  return [
    ...(hasEnds
      ? [
          {
            kind: "pattern-changed",
            path,
            put: { A_Expr: { ...A_Expr, rexpr: call("btrim", rexpr, text("%")) } },
            defect: `the pattern of ${show(node)} had no % at its ends`,
            row: `${rows} in which ${show(lexpr)} has more than the pattern's text`,
          } as const,
        ]
      : []),
    ...(hasCase
      ? [
          {
            kind: "pattern-changed",
            path,
            put: { A_Expr: { ...A_Expr, kind: "AEXPR_LIKE", name: named(isNot ? "!~~" : "~~") } },
            defect: `upper and lower case made a difference in ${show(node)}`,
            row: `${rows} in which ${show(lexpr)} has another case than the pattern`,
          } as const,
        ]
      : []),
  ];
}

/** Each AND an OR, and each OR an AND. */
export const proposeConnectives: Propose = (block, show) =>
  clausesOf(block).flatMap(({ node, path, clause }) => connectives(node, path, clause, block, show));

function connectives(node: Node, path: Path, clause: Clause, block: Block, show: Show): Proposal[] {
  const { BoolExpr } = node;
  if (!BoolExpr || BoolExpr.boolop === "NOT_EXPR") return [];
  const isAnd = BoolExpr.boolop === "AND_EXPR";
  const within = BoolExpr.args.flatMap((arg, index) =>
    connectives(arg, [...path, "BoolExpr", "args", index], clause, block, show),
  );
  const asked = BoolExpr.args.filter((arg) => !saysNothing(arg));
  if (asked.length < 2 || asked.some((arg) => isOfEnd(arg, block))) return within;
  const parts = asked.map(show).join(isAnd ? ", and " : ", or ");
  return [
    {
      kind: "and-or",
      path,
      put: isAnd ? or(...asked) : and(...asked),
      defect: isAnd ? `one of these were enough: ${parts}` : `all of these had to hold: ${parts}`,
      row: `${one(keptBy(clause, node, block))} for which one of these holds, and the others do not: ${parts}`,
      columns: columnsIn(node, block),
    },
    ...within,
  ];
}
