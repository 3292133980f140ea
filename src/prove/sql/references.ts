/** What foreign keys promise: that a row finds the row it refers to. */
import { type Block, blockOf, type Column, columnOf, isCounting } from "./blocks.ts";
import { conjuncts, equalityOf, equalSides } from "./conditions.ts";
import type { Facts, Relation } from "./relations.ts";
import { type Join, type Node, namesOf } from "./syntax-tree.ts";

/** Columns that are asked to be equal. */
interface Pair {
  readonly from: Pick<Column, "relation" | "name">;
  readonly to: Pick<Column, "relation" | "name">;
}

/** Whether each row of one side finds one of the other: by columns of a foreign key that is never null, and by nothing besides. */
export function findsByReference(
  join: Join,
  kept: readonly Relation[],
  [joined, ...others]: readonly Relation[],
  block: Block,
): boolean {
  if (!joined || others.length > 0) return false;
  const pairs = pairsOf(join, kept, joined, block);
  const [first] = pairs;
  if (!first) return false;
  return (first.from.relation.facts?.references ?? []).some(
    (reference) =>
      reference.table === joined.table?.name &&
      isEnforced(reference, first.from.relation) &&
      pairs.every((pair) => pair && isReferred(pair, reference)),
  );
}

type Reference = Facts["references"][number];

/** A foreign key is not looked at where one of its columns is null. */
const isEnforced = ({ columns }: Reference, { facts, isNullable }: Relation): boolean =>
  !isNullable && columns.every((name) => facts?.columns.some((column) => column.name === name && column.required));

const isReferred = ({ from, to }: Pair, { columns, referenced }: Reference): boolean =>
  columns.some((name, index) => name === from.name && referenced[index] === to.name);

function pairsOf(
  { quals, usingClause }: Join,
  kept: readonly Relation[],
  joined: Relation,
  block: Block,
): (Pair | undefined)[] {
  if (!quals) return namesOf(usingClause ?? []).map((name) => pairOfName(name, kept, joined));
  return conjuncts(quals).map((node) => {
    const pair = pairOf(node, joined, block);
    return pair && kept.includes(pair.from.relation) ? pair : undefined;
  });
}

function pairOf(node: Node, joined: Relation, block: Block): Pair | undefined {
  const [one, other] = equalSides(node).map((side) => columnOf(side, block));
  const [from, to] = one?.relation === joined ? [other, one] : [one, other];
  return from && from.relation !== joined && to?.relation === joined ? { from, to } : undefined;
}

function pairOfName(name: string, kept: readonly Relation[], joined: Relation): Pair | undefined {
  const [relation, ...others] = kept;
  return relation && others.length === 0 ? { from: { relation, name }, to: { relation: joined, name } } : undefined;
}

/** Whether a condition follows from those beside it: a foreign key of several columns has it hold where the rest of its columns are equal. */
export function followsFromReference(node: Node, beside: readonly Node[], block: Block): boolean {
  return block.relations.some((joined) => {
    const own = pairOf(node, joined, block);
    if (!own) return false;
    const { relation } = own.from;
    const equal = beside
      .flatMap((each) => pairOf(each, joined, block) ?? [])
      .filter(({ from }) => from.relation === relation);
    const isGiven = (name: string): boolean => equal.some(({ to }) => to.name === name);
    return (relation.facts?.references ?? []).some(
      (reference) =>
        reference.table === joined.table?.name &&
        isEnforced(reference, relation) &&
        isReferred(own, reference) &&
        // the row that is referred to is the one that is joined
        joined.table.keys.some((key) => key.every(isGiven)) &&
        reference.columns.every(
          (name) =>
            name === own.from.name || equal.some((pair) => pair.from.name === name && isReferred(pair, reference)),
        ),
    );
  });
}

/** Whether a subquery makes one row of all, or finds what a reference leads to: Drizzle's relational queries join both. */
export function alwaysFindsRow(side: Node, block: Block): boolean {
  const inner = blockOf(side, block);
  if (!inner?.select || inner.select.havingClause || inner.select.limitOffset) return false;
  return isCounting(inner) || leadsToReferred(inner, block);
}

/** Whether a block asks for nothing but the row that a required reference of the block around leads to. */
function leadsToReferred(inner: Block, around: Block): boolean {
  const { fromClause = [], whereClause, havingClause, limitOffset } = inner.select ?? {};
  const [only, ...others] = fromClause;
  const kept = only && keptOf(only);
  if (!kept || others.length > 0 || havingClause || limitOffset) return false;
  if (!whereClause) {
    const innermost = blockOf(kept, inner);
    return innermost !== undefined && leadsToReferred(innermost, around);
  }
  const { column, value } = equalityOf(whereClause, inner) ?? {};
  const from = columnOf(value, inner);
  if (!column || !kept.RangeVar || column.relation !== inner.relations[0]) return false;
  if (!from || !around.relations.includes(from.relation)) return false;
  return (from.relation.facts?.references ?? []).some(
    (reference) =>
      reference.table === column.relation.table?.name &&
      isEnforced(reference, from.relation) &&
      isReferred({ from, to: column }, reference),
  );
}

/** What a chain of joins has all rows of, or undefined where one may leave some out. */
export function keptOf(node: Node): Node | undefined {
  const { JoinExpr: join } = node;
  if (!join) return node;
  return join.jointype === "JOIN_LEFT" ? keptOf(join.larg) : undefined;
}
