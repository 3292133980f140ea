/** All alterations of a query. */
import { createHash } from "node:crypto";
import { byKind, type Kind } from "../proof.ts";
import { proposeConditions, proposeConnectives } from "./alterations/conditions.ts";
import { proposeGroups } from "./alterations/groups.ts";
import { proposeJoins } from "./alterations/joins.ts";
import { proposeOrder } from "./alterations/order.ts";
import type { Given, Proposal, Propose } from "./alterations/proposal.ts";
import { proposeDistinct, proposeLimits, proposeUnions } from "./alterations/rows.ts";
import { proposeAggregates, proposeDefaults } from "./alterations/values.ts";
import { proposeAssignments, proposeConflicts, proposeReturned } from "./alterations/writes.ts";
import { blocksOf } from "./blocks.ts";
import type { TableFacts } from "./facts.ts";
import type { Parser } from "./parser.ts";
import { type Node, put } from "./syntax-tree.ts";

export interface Alteration {
  readonly id: string;
  readonly kind: Kind;
  readonly site: string;
  readonly defect: string;
  readonly row: string;
  readonly columns: readonly string[];
  readonly column?: string | undefined;
  /** The query as it is printed. */
  readonly before: string;
  readonly sql: string;
  readonly tree: Node;
}

const PROPOSALS: readonly Propose[] = [
  ...[proposeConditions, proposeConnectives, proposeJoins, proposeOrder, proposeLimits, proposeDistinct, proposeUnions],
  ...[proposeGroups, proposeAggregates, proposeDefaults, proposeAssignments, proposeConflicts, proposeReturned],
];

/**
 * The most telling first; none twice.
 *
 * @param tree - of `text`
 * @param values - of `$1`, `$2` …, where they were always the same: `NOW` for a time that was
 */
export function alterationsOf(
  tree: Node,
  text: string,
  facts: readonly TableFacts[],
  parser: Parser,
  values: readonly (string | undefined)[] = [],
): Alteration[] {
  const given: Given = ({ A_Const, ParamRef, TypeCast } = {}) => {
    if (TypeCast) return given(TypeCast.arg);
    if (ParamRef) return values[ParamRef.number - 1];
    return A_Const?.sval?.sval ?? (A_Const?.ival ? `${A_Const.ival.ival ?? 0}` : undefined);
  };
  const blocks = blocksOf(tree, facts);
  const found = PROPOSALS.flatMap((propose) => blocks.flatMap((block) => propose(block, parser.show, given)));
  // what is parsed has been printed right once
  const before = parser.show(tree);
  const seen = new Set([before]);
  return found.toSorted(byKind).flatMap((proposal): Alteration[] => {
    const altered = put(tree, proposal.path, proposal.put);
    const sql = parser.print(altered);
    if (sql === undefined || seen.has(sql)) return [];
    seen.add(sql);
    const { kind, defect, row, column, columns = [] } = proposal;
    return [
      { id: idOf(text, sql), kind, site: siteOf(proposal), defect, row, columns, column, before, sql, tree: altered },
    ];
  });
}

const idOf = (before: string, after: string): string =>
  createHash("sha256").update(`${before}\0${after}`).digest("hex").slice(0, 12);

/** Alterations of one clause: turning a sort key, and dropping all of them, are about the same. */
const siteOf = ({ kind, path }: Proposal): string =>
  kind === "order-dropped" ? [...path, "sortClause", 0].join(".") : path.join(".");
