/** What of a plan is read, as `EXPLAIN (VERBOSE, FORMAT JSON)` writes it. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Parent Relationship"?: string;
  readonly "Join Type"?: string;
  readonly "Join Filter"?: string;
  readonly "Relation Name"?: string;
  readonly Schema?: string;
  readonly Alias?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  /** Of a bitmap: what its indexes were asked for, with the conditions of those that are on a part of the table. */
  readonly "Recheck Cond"?: string;
  /** Of an index that finds what is nearest. */
  readonly "Order By"?: string;
  readonly "Sort Key"?: readonly string[];
  readonly "TID Cond"?: string;
  readonly Filter?: string;
  readonly Plans?: readonly PlanNode[];
}

/** A node, and all below it. */
export const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
