/** Conditions of WHERE, ON, HAVING and FILTER: dropped, negated, and each by what it says. */
import { type Block, columnOf, ownNodes } from "../blocks.ts";
import { always, and, call, functionOf, named, never, not, operator, operatorOf, or, text } from "../build.ts";
import { type Condition, clausesOf, conditionsOf } from "../conditions.ts";
import type { Node, Path } from "../syntax-tree.ts";
import { columnsIn, othersOf, relationIn, rowsOf, verbOf } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeConditions: Propose = (block, show) =>
  conditionsOf(block)
    .filter(({ node }) => !isTrivial(node, block))
    .flatMap((condition) => {
      const { node } = condition;
      const columns = columnsIn(node, block);
      return [
        ...dropped(condition, block, show),
        ...turned(condition, block, show),
        ...shifted(condition, block, show),
        ...patterns(condition, block, show),
      ].map((proposal) => ({ ...proposal, columns }));
    });

/** What holds for all rows anyway, and what a framework puts where there is no condition. */
function isTrivial(node: Node, block: Block): boolean {
  if (node.A_Const) return true;
  const { NullTest } = node;
  return NullTest !== undefined && columnOf(NullTest.arg, block)?.isRequired === true;
}

function dropped(
  { node, path, clause, isAlternative }: Condition,
  block: Block,
  show: (node: Node) => string,
): Proposal[] {
  const shown = show(node);
  const others = othersOf({ node }, block, show);
  const verb = clause === "join" ? "joined" : clause === "filter" ? "counted" : verbOf(block);
  if (isAlternative) {
    const rows = rowsOf(block, relationIn(node, block));
    return [
      {
        kind: "condition-dropped",
        path,
        put: never(node),
        defect: `${rows} for which only ${shown} holds were not ${verb}`,
        row: `${one(rows)} for which, of the alternatives, only ${shown} holds`,
      },
    ];
  }
  return [
    {
      kind: "condition-dropped",
      path,
      put: always(node),
      defect: `${others} were ${verb} too`,
      row: `${one(others)} that fulfils all other conditions`,
    },
  ];
}

const one = (rows: string): string => rows.replace(/^rows /, "a row ");

/** The opposite. */
function turned({ node, path, isAlternative }: Condition, block: Block, show: (node: Node) => string): Proposal[] {
  const { NullTest, A_Expr, SubLink, BoolExpr } = node;
  const shown = show(node);
  const rows = rowsOf(block, relationIn(node, block));
  const words = {
    path,
    defect: `${shown} were asked the other way round`,
    row: `${one(rows)} for which ${shown} holds${isAlternative ? ", and none of the alternatives" : ""}, or one for which ${isAlternative ? "nothing" : "all but that"} does`,
  };
  if (NullTest) {
    const nulltesttype = NullTest.nulltesttype === "IS_NULL" ? "IS_NOT_NULL" : "IS_NULL";
    return [{ ...words, kind: "null-test-turned", put: { NullTest: { ...NullTest, nulltesttype } } }];
  }
  if (A_Expr?.kind === "AEXPR_IN") {
    const opposite = operatorOf(node) === "=" ? "<>" : "=";
    return [{ ...words, kind: "membership-turned", put: { A_Expr: { ...A_Expr, name: named(opposite) } } }];
  }
  const isMembership = SubLink || BoolExpr?.args[0]?.SubLink || A_Expr?.kind === "AEXPR_OP_ANY";
  const inner = BoolExpr?.args[0];
  return [{ ...words, kind: isMembership ? "membership-turned" : "condition-negated", put: inner ?? not(node) }];
}

const SHIFTED: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

/** Whether the bound itself is within. */
function shifted({ node, path }: Condition, block: Block, show: (node: Node) => string): Proposal[] {
  const { A_Expr } = node;
  const { lexpr, rexpr } = A_Expr ?? {};
  // no fixture meets the very microsecond
  if (!A_Expr || !lexpr || !rexpr || isOfClock(lexpr) || isOfClock(rexpr)) return [];
  const rows = rowsOf(block, relationIn(node, block));
  const verb = verbOf(block);
  const of = (put: Node, bound: Node, isWithin: boolean): Proposal => ({
    kind: "bound-shifted",
    path,
    put,
    defect: `${rows} were ${isWithin ? "left out" : `${verb} too`} for which ${show(lexpr)} is exactly ${show(bound)}`,
    row: `${one(rows)} for which ${show(lexpr)} is exactly ${show(bound)}`,
  });
  if (A_Expr.kind === "AEXPR_BETWEEN") {
    const [low, high] = rexpr.List?.items ?? [];
    return [low, high].flatMap((bound) => (bound ? [of(and(node, operator("<>", lexpr, bound)), bound, true)] : []));
  }
  const symbol = operatorOf(node) ?? "";
  const other = A_Expr.kind === "AEXPR_OP" ? SHIFTED[symbol] : undefined;
  return other ? [of({ A_Expr: { ...A_Expr, name: named(other) } }, rexpr, symbol.length === 2)] : [];
}

const CLOCKS: ReadonlySet<string> = new Set([
  ...["now", "clock_timestamp", "statement_timestamp", "transaction_timestamp"],
]);

const isOfClock = (node: Node): boolean =>
  [...ownNodes(node, [])].some(([each]) => each.SQLValueFunction || CLOCKS.has(functionOf(each) ?? ""));

function patterns({ node, path }: Condition, block: Block, show: (node: Node) => string): Proposal[] {
  const { A_Expr } = node;
  const { kind, lexpr, rexpr } = A_Expr ?? {};
  if (!A_Expr || !lexpr || !rexpr || (kind !== "AEXPR_LIKE" && kind !== "AEXPR_ILIKE")) return [];
  const rows = rowsOf(block, relationIn(node, block));
  const isNot = operatorOf(node)?.startsWith("!") === true;
  const whole = { ...A_Expr, rexpr: call("btrim", rexpr, text("%")) };
  return [
    {
      kind: "pattern-changed",
      path,
      put: { A_Expr: whole },
      defect: `the pattern of ${show(node)} had no % at its ends`,
      row: `${one(rows)} in which ${show(lexpr)} has more than the pattern's text`,
    },
    ...(kind === "AEXPR_ILIKE"
      ? [
          {
            kind: "pattern-changed",
            path,
            put: { A_Expr: { ...A_Expr, kind: "AEXPR_LIKE", name: named(isNot ? "!~~" : "~~") } },
            defect: `upper and lower case made a difference in ${show(node)}`,
            row: `${one(rows)} in which ${show(lexpr)} has another case than the pattern`,
          } as const,
        ]
      : []),
  ];
}

/** Each AND an OR, and each OR an AND. */
export const proposeConnectives: Propose = (block, show) =>
  clausesOf(block).flatMap(({ node, path }) => connectives(node, path, block, show));

function connectives(node: Node, path: Path, block: Block, show: (node: Node) => string): Proposal[] {
  const { BoolExpr } = node;
  if (!BoolExpr || BoolExpr.boolop === "NOT_EXPR") return [];
  const isAnd = BoolExpr.boolop === "AND_EXPR";
  const rows = rowsOf(block, relationIn(node, block));
  const parts = BoolExpr.args.map(show).join(isAnd ? ", and " : ", or ");
  return [
    {
      kind: "and-or",
      path,
      put: isAnd ? or(...BoolExpr.args) : and(...BoolExpr.args),
      defect: isAnd ? `one of these were enough: ${parts}` : `all of these had to hold: ${parts}`,
      row: `${one(rows)} for which one of these holds, and the others do not: ${parts}`,
      columns: columnsIn(node, block),
    },
    ...BoolExpr.args.flatMap((arg, index) => connectives(arg, [...path, "BoolExpr", "args", index], block, show)),
  ];
}
