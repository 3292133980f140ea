/**
 * Each place in a plan where a table is read, and by what. An index serves where something is looked up in it, where it has only the
 * rows that are wanted, or where a LIMIT takes its first rows; an index that is walked from end to end serves nothing. Where a LIMIT
 * takes any rows, none is needed.
 */
import { indexKey } from "./explain.ts";
import type { PlanNode } from "./plan-node.ts";

export interface Scan {
  readonly schema: string;
  readonly table: string;
  /** What the query calls the table. */
  readonly alias: string;
  /** The indexes that serve. None, where nothing does. */
  readonly served: readonly Served[];
  /** What the rows are chosen by, after they were read. */
  readonly conditions: readonly string[];
}

export interface Served {
  readonly index: string;
  readonly by: string;
}

const READS: ReadonlySet<string> = new Set([
  ...["Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan"],
]);

/** What keeps the order of what is below it, and asks for no more of it than it is asked for. */
const PASSES: ReadonlySet<string> = new Set(["LockRows", "Result", "ProjectSet", "Append", "Merge Append"]);

/** @param partial - indexes on a part of their table */
export function scansOf(plan: PlanNode, partial: ReadonlySet<string>): Scan[] {
  return below(plan, [], false);

  /**
   * @param joins - conditions of the joins above
   * @param isLimited - whether only as many rows are taken as a LIMIT says
   */
  function below(node: PlanNode, joins: readonly string[], isLimited: boolean): Scan[] {
    const type = node["Node Type"];
    const table = node["Relation Name"];
    const own: Scan[] =
      table !== undefined && READS.has(type)
        ? [
            {
              ...{ schema: node.Schema ?? "", table, alias: node.Alias ?? table },
              served: servedBy(node, isLimited && node.Filter === undefined, partial),
              conditions: [...(node.Filter ? [node.Filter] : []), ...joins],
            },
          ]
        : [];
    const join = node["Join Filter"];
    const children = (node.Plans ?? []).flatMap((child) => {
      const relationship = child["Parent Relationship"];
      const isInput = relationship === "Outer" || relationship === "Inner" || relationship === "Member";
      const passes =
        relationship === "Outer" || relationship === "Member" || relationship === "Subquery"
          ? type === "Limit" || (isLimited && keepsRows(node))
          : false;
      return below(child, isInput ? [...joins, ...(join ? [join] : [])] : [], passes);
    });
    return [...own, ...children];
  }
}

/** Whether a node has at least one row for each row of its first input. */
const keepsRows = (node: PlanNode): boolean =>
  node.Filter === undefined &&
  (PASSES.has(node["Node Type"]) ||
    node["Node Type"] === "Subquery Scan" ||
    (node["Node Type"] === "Nested Loop" && node["Join Type"] === "Left"));

function servedBy(node: PlanNode, isLimited: boolean, partial: ReadonlySet<string>): Served[] {
  const index = node["Index Name"];
  switch (node["Node Type"]) {
    case "Tid Scan":
    case "Tid Range Scan":
      return node["TID Cond"] ? [{ index: "the rows' own place", by: node["TID Cond"] }] : [];
    case "Index Scan":
    case "Index Only Scan": {
      if (index === undefined) return [];
      const by = node["Index Cond"] ?? node["Order By"];
      if (by) return [{ index, by }];
      if (partial.has(indexKey(node.Schema, index))) return [{ index, by: "its own condition" }];
      return isLimited ? [{ index, by: "its order" }] : [];
    }
    case "Bitmap Heap Scan":
      return bitmapOf(node.Plans?.[0], node.Schema, partial);
    default:
      return isLimited ? [{ index: "no index", by: "its first rows, whichever they are" }] : [];
  }
}

function bitmapOf(node: PlanNode | undefined, schema: string | undefined, partial: ReadonlySet<string>): Served[] {
  if (!node) return [];
  const index = node["Index Name"];
  if (index !== undefined) {
    const by = node["Index Cond"] ?? (partial.has(indexKey(schema, index)) ? "its own condition" : undefined);
    return by ? [{ index, by }] : [];
  }
  const parts = (node.Plans ?? []).map((part) => bitmapOf(part, schema, partial));
  // one half of an OR that reads everything is everything
  return node["Node Type"] === "BitmapOr" && parts.some((part) => part.length === 0) ? [] : parts.flat();
}
