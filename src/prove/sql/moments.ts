/** What of an expression is a moment of the clock. */
import { ownNodes } from "./blocks.ts";
import { functionOf } from "./build.ts";
import { type Node, namesOf } from "./syntax-tree.ts";

const CLOCKS: ReadonlySet<string> = new Set([
  ...["now", "clock_timestamp", "statement_timestamp", "transaction_timestamp"],
]);

/** Whether an expression is of the very microsecond: not of its day. */
export function isMomentary(node: Node): boolean {
  const isTruncated = [...ownNodes(node, [])].some(
    ([each]) => functionOf(each) === "date_trunc" || namesOf(each.TypeCast?.typeName.names ?? []).at(-1) === "date",
  );
  return !isTruncated && [...ownNodes(node, [])].some(([each]) => isClock(each));
}

const isClock = (node: Node): boolean =>
  (node.SQLValueFunction !== undefined && node.SQLValueFunction.op !== "SVFOP_CURRENT_DATE") ||
  CLOCKS.has(functionOf(node) ?? "");
