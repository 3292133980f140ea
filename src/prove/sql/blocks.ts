/** The query blocks of a statement: the statement itself, and each SELECT in it, with the relations whose columns it can name. */
import type { TableFacts } from "./facts.ts";
import {
  type Delete,
  type Insert,
  type Node,
  namesOf,
  nodesOf,
  type Path,
  type RangeVar,
  type Select,
  type Update,
} from "./syntax-tree.ts";

/** Where a block stands: what of it matters depends on that. */
export type Place = "top" | "union" | "from" | "cte" | "exists" | "in" | "scalar" | "array" | "insert";

export interface Relation {
  /** How columns name it. */
  readonly alias: string;
  /** Absent for a subquery or a function, and where the catalog has no such table. */
  readonly table: TableFacts | undefined;
  /** As people name it. */
  readonly name: string;
  /** Whether an outer join may leave its columns null. */
  readonly isNullable: boolean;
}

export interface Block {
  /** With one of these. */
  readonly select?: Select;
  readonly insert?: Insert;
  readonly update?: Update;
  readonly delete?: Delete;
  readonly path: Path;
  readonly place: Place;
  readonly relations: readonly Relation[];
  readonly outer: Block | undefined;
}

export interface Column {
  readonly relation: Relation;
  readonly name: string;
  /** Never null: required, and of no relation that an outer join may leave null. */
  readonly isRequired: boolean;
}

type Tables = ReadonlyMap<string, TableFacts>;

/** The outermost block first. */
export function blocksOf(tree: Node, facts: readonly TableFacts[]): Block[] {
  const tables = new Map(facts.map((table) => [table.name, table]));
  return [...blocksIn(tree, [], "top", undefined, tables)];
}

function* blocksIn(node: Node, path: Path, place: Place, outer: Block | undefined, tables: Tables): Generator<Block> {
  const { SelectStmt, InsertStmt, UpdateStmt, DeleteStmt } = node;
  if (SelectStmt) return yield* selectsIn(SelectStmt, [...path, "SelectStmt"], place, outer, tables);
  const statement = InsertStmt ?? UpdateStmt ?? DeleteStmt;
  if (!statement) return;
  const from = UpdateStmt?.fromClause ?? DeleteStmt?.usingClause ?? [];
  const relations = [relationOf(statement.relation, false, tables), ...relationsOf(from, tables)];
  const [kind, key] = InsertStmt
    ? (["InsertStmt", "insert"] as const)
    : UpdateStmt
      ? (["UpdateStmt", "update"] as const)
      : (["DeleteStmt", "delete"] as const);
  const block: Block = { [key]: statement, path: [...path, kind], place, relations, outer };
  yield block;
  yield* innerBlocks(statement, block, tables);
}

function* selectsIn(
  select: Select,
  path: Path,
  place: Place,
  outer: Block | undefined,
  tables: Tables,
): Generator<Block> {
  const block: Block = { select, path, place, relations: relationsOf(select.fromClause ?? [], tables), outer };
  yield block;
  const { larg, rarg, ...own } = select;
  if (larg) yield* selectsIn(larg, [...path, "larg"], "union", outer, tables);
  if (rarg) yield* selectsIn(rarg, [...path, "rarg"], "union", outer, tables);
  yield* innerBlocks(own, block, tables);
}

const PLACES: Readonly<Record<string, Place>> = {
  EXISTS_SUBLINK: "exists",
  ANY_SUBLINK: "in",
  ALL_SUBLINK: "in",
  ARRAY_SUBLINK: "array",
};

function* innerBlocks(content: object, block: Block, tables: Tables): Generator<Block> {
  const places = new Map<string, Place>();
  for (const [node, path] of ownNodes(content, block.path)) {
    const { SubLink, RangeSubselect, CommonTableExpr } = node;
    if (SubLink) places.set([...path, "SubLink", "subselect"].join("."), PLACES[SubLink.subLinkType] ?? "scalar");
    if (RangeSubselect) places.set([...path, "RangeSubselect", "subquery"].join("."), "from");
    if (CommonTableExpr) places.set([...path, "CommonTableExpr", "ctequery"].join("."), "cte");
    if (isStatement(node)) yield* blocksIn(node, path, places.get(path.join(".")) ?? "insert", block, tables);
  }
}

export const isStatement = (node: Node): boolean =>
  Boolean(node.SelectStmt ?? node.InsertStmt ?? node.UpdateStmt ?? node.DeleteStmt);

/** The nodes of a block that are of no block inside of it, and the statements inside without what they hold. */
export const ownNodes = (content: object, path: Path): Iterable<[Node, Path]> =>
  nodesOf(content, path, (node) => !isStatement(node));

function relationsOf(from: readonly Node[], tables: Tables, isNullable = false): Relation[] {
  return from.flatMap(({ RangeVar, RangeSubselect, JoinExpr }): Relation[] => {
    if (RangeVar) return [relationOf(RangeVar, isNullable, tables)];
    if (RangeSubselect?.alias) {
      const { aliasname } = RangeSubselect.alias;
      return [{ alias: aliasname, name: aliasname, table: undefined, isNullable }];
    }
    if (!JoinExpr) return [];
    const { jointype, larg, rarg } = JoinExpr;
    const [left, right] = [
      jointype === "JOIN_RIGHT" || jointype === "JOIN_FULL",
      jointype === "JOIN_LEFT" || jointype === "JOIN_FULL",
    ];
    return [...relationsOf([larg], tables, isNullable || left), ...relationsOf([rarg], tables, isNullable || right)];
  });
}

const relationOf = ({ relname, alias }: RangeVar, isNullable: boolean, tables: Tables): Relation => ({
  alias: alias?.aliasname ?? relname,
  name: relname,
  table: tables.get(relname),
  isNullable,
});

/** The relations of one side of a join. */
export const relationsOfSide = (side: Node, block: Block): readonly Relation[] => {
  const aliases = new Set(relationsOf([side], new Map()).map(({ alias }) => alias));
  return block.relations.filter(({ alias }) => aliases.has(alias));
};

/** What a column's name means in a block, or around it. */
export function columnOf(node: Node | undefined, block: Block): Column | undefined {
  const names = node?.ColumnRef && namesOf(node.ColumnRef.fields);
  if (!names) return undefined;
  const [name = "", alias] = names.toReversed();
  for (let each: Block | undefined = block; each; each = each.outer) {
    const candidates = each.relations.filter((relation) =>
      alias === undefined ? each?.relations.length === 1 || hasColumn(relation, name) : relation.alias === alias,
    );
    const [relation, ...others] = candidates;
    if (!relation || others.length > 0) continue;
    const required = relation.table?.columns.find((column) => column.name === name)?.required ?? false;
    return { relation, name, isRequired: required && !relation.isNullable };
  }
  return undefined;
}

const hasColumn = ({ table }: Relation, name: string): boolean =>
  table?.columns.some((column) => column.name === name) ?? false;

/** Whether a column is of a block around this one: a correlated subquery's. */
export const isOuter = (column: Column, block: Block): boolean => !block.relations.includes(column.relation);
