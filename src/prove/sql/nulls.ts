/** What conditions make of null: where one cannot hold as long as a column is null, rows with null there are kept out. */
import { functionOf, operatorOf } from "./build.ts";
import type { Node } from "./syntax-tree.ts";

/** Whether a node is what is taken for null. */
type IsNull = (node: Node) => boolean;

/** Whether a condition does not hold: it is false or null. */
export function rejectsNull(node: Node, isNull: IsNull): boolean {
  const rejects = (inner: Node | undefined): boolean => inner !== undefined && rejectsNull(inner, isNull);
  const strict = (inner: Node | undefined): boolean => inner !== undefined && isNullWith(inner, isNull);
  const { BoolExpr, NullTest, BooleanTest, SubLink, A_Expr: expression } = node;
  if (BoolExpr?.boolop === "AND_EXPR") return BoolExpr.args.some(rejects);
  if (BoolExpr?.boolop === "OR_EXPR") return BoolExpr.args.every(rejects);
  if (NullTest) return NullTest.nulltesttype === "IS_NOT_NULL" && strict(NullTest.arg);
  if (BooleanTest) return /^IS_(TRUE|FALSE|NOT_UNKNOWN)$/.test(BooleanTest.booltesttype) && strict(BooleanTest.arg);
  if (SubLink) return SubLink.subLinkType === "ANY_SUBLINK" && strict(SubLink.testexpr);
  // of an empty array, neither is null
  if (expression?.kind === "AEXPR_OP_ANY") return strict(expression.lexpr) || strict(expression.rexpr);
  if (expression && /^AEXPR_BETWEEN/.test(expression.kind)) {
    return strict(expression.lexpr) || (expression.rexpr?.List?.items ?? []).some(strict);
  }
  return strict(node);
}

const STRICT_FUNCTIONS =
  /^(lower|upper|initcap|[lrb]?trim|length|char_length|substring|substr|left|right|replace|abs|round|floor|ceil|date_trunc|date_part|extract|timezone|to_char|to_date|cardinality|array_length)$/;

/** Whether an expression is null. */
function isNullWith(node: Node, isNull: IsNull): boolean {
  if (isNull(node)) return true;
  const strict = (inner: Node | undefined): boolean => inner !== undefined && isNullWith(inner, isNull);
  const { A_Expr: expression, BoolExpr, FuncCall, TypeCast, CollateClause } = node;
  if (TypeCast ?? CollateClause) return strict((TypeCast ?? CollateClause)?.arg);
  if (BoolExpr) return BoolExpr.boolop === "NOT_EXPR" && BoolExpr.args.some(strict);
  if (FuncCall) return STRICT_FUNCTIONS.test(functionOf(node) ?? "") && (FuncCall.args ?? []).some(strict);
  if (!expression) return false;
  if (/^AEXPR_(OP|I?LIKE|SIMILAR)$/.test(expression.kind)) {
    // an array takes null as an element
    return operatorOf(node) !== "||" && [expression.lexpr, expression.rexpr].some(strict);
  }
  if (/^AEXPR_(IN|(NOT_)?BETWEEN(_SYM)?)$/.test(expression.kind)) return strict(expression.lexpr);
  return /^AEXPR_OP_A(NY|LL)$/.test(expression.kind) && strict(expression.rexpr);
}
