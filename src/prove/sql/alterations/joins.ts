/** Joins: inner and left, where that can make a difference. */
import { type Block, columnOf, relationsOfSide } from "../blocks.ts";
import { type FoundJoin, holding, joinsIn } from "../conditions.ts";
import { countsForNothing } from "../counted.ts";
import { rejectsNull } from "../nulls.ts";
import { alwaysFindsRow, findsByReference } from "../references.ts";
import type { Relation } from "../relations.ts";
import type { Join, Node } from "../syntax-tree.ts";
import { relationsIn } from "../wording.ts";
import type { Proposal, Propose } from "./proposal.ts";

export const proposeJoins: Propose = (block) =>
  joinsIn(block)
    .filter(({ join }) => canDiffer(join, block))
    .map((found) => changed(found, block));

function changed({ join, path }: FoundJoin, block: Block): Proposal {
  const [left, right] = [nameOfSide(join.larg, join, block), nameOfSide(join.rarg, join, block)];
  const isInner = join.jointype === "JOIN_INNER";
  const [kept, missing] = join.jointype === "JOIN_RIGHT" ? [right, left] : [left, right];
  const isFull = join.jointype === "JOIN_FULL";
  const others = isFull ? `, and rows of ${missing} without a row of ${kept},` : "";
  return {
    kind: "join-changed",
    path,
    put: { ...join, jointype: isInner ? "JOIN_LEFT" : "JOIN_INNER" },
    defect: `rows of ${kept} without a row of ${missing}${others} were ${isInner ? "listed too" : "left out"}`,
    row: `a row of ${kept} without a row of ${missing} to join${isFull ? ", or the other way round" : ""}`,
  };
}

/** Of the relations that the condition is on, or else of the first one. */
function nameOfSide(side: Node, { quals }: Join, block: Block): string {
  const relations = relationsOfSide(side, block);
  const asked = quals ? relationsIn(quals, block).filter((relation) => relations.includes(relation)) : [];
  return (asked.length > 0 ? asked : relations.slice(0, 1)).map(({ name }) => name).join(" and ");
}

/** Not where each row finds one to join, nor where a condition keeps out the rows that find none, nor where they count for nothing. */
function canDiffer(join: Join, block: Block): boolean {
  const { quals, usingClause, rarg, larg, jointype } = join;
  if (!quals && !usingClause) return false;
  const isOneSided = jointype === "JOIN_INNER" || jointype === "JOIN_LEFT";
  if (isOneSided && quals?.A_Const && alwaysFindsRow(rarg, block)) return false;
  // what a function finds is there, as a rule
  if (jointype === "JOIN_INNER" && larg.RangeFunction) return false;
  const [left, right] = [relationsOfSide(larg, block), relationsOfSide(rarg, block)];
  const missesOf = (kept: readonly Relation[], joined: readonly Relation[]): boolean =>
    !findsByReference(join, kept, joined, block) &&
    !isKeptOut(join, joined, block) &&
    !countsForNothing((node) => isOf(node, joined, block), block);
  return (jointype !== "JOIN_RIGHT" && missesOf(left, right)) || (/RIGHT|FULL/.test(jointype) && missesOf(right, left));
}

function isKeptOut(join: Join, joined: readonly Relation[], block: Block): boolean {
  const missing = new Set(joined);
  const isNull = (node: Node): boolean => isOf(node, [...missing], block);
  // what is joined to a missing row is missing, too
  for (const { join: other } of joinsIn(block).toReversed()) {
    if (other === join || other.jointype !== "JOIN_LEFT" || !other.quals) continue;
    if (rejectsNull(other.quals, isNull)) for (const each of relationsOfSide(other.rarg, block)) missing.add(each);
  }
  return holding(block, join).some((node) => rejectsNull(node, isNull));
}

const isOf = (node: Node | undefined, relations: readonly Relation[], block: Block): boolean => {
  const column = columnOf(node, block);
  return column !== undefined && relations.includes(column.relation);
};
