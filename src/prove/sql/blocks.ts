/** The query blocks of a statement: the statement itself, and each SELECT in it, with the relations whose columns it can name. */
import { functionOf, isAggregate } from "./build.ts";
import type { TableFacts } from "./facts.ts";
import {
  type Delete,
  type FunctionCall,
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
  /** Those right inside, in no order. */
  readonly inner: Block[];
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
  // a WITH may have the name of a table
  for (const [{ CommonTableExpr }] of nodesOf(tree)) tables.delete(CommonTableExpr?.ctename ?? "");
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
  const block: Block = { [key]: statement, path: [...path, kind], place, relations, outer, inner: [] };
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
  const block: Block = {
    select,
    path,
    place,
    relations: relationsOf(select.fromClause ?? [], tables),
    outer,
    inner: [],
  };
  outer?.inner.push(block);
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

/** Whether all rows of a block become one. */
export function isCounting({ select, path }: Block): boolean {
  if (!select || select.groupClause) return false;
  return [...ownNodes(select.targetList ?? [], path)].some(([node]) => isAggregate(node));
}

const COLLECTING = /_agg(_strict)?$/;

/** The aggregates of a block that make a list of its rows: `json_agg`, `array_agg`, `string_agg`. */
export const listsOf = ({ select, path }: Block): [FunctionCall, Path][] =>
  [...ownNodes(select?.targetList ?? [], [...path, "targetList"])].flatMap(([node, at]): [FunctionCall, Path][] =>
    node.FuncCall && COLLECTING.test(functionOf(node) ?? "") ? [[node.FuncCall, at]] : [],
  );

export const collects = (block: Block): boolean => listsOf(block).length > 0;

/** The nodes of a block that are of no block inside of it, and the statements inside without what they hold. */
export const ownNodes = (content: object, path: Path): Iterable<[Node, Path]> =>
  nodesOf(content, path, (node) => !isStatement(node));

function relationsOf(from: readonly Node[], tables: Tables, isNullable = false): Relation[] {
  return from.flatMap(({ RangeVar, RangeSubselect, RangeFunction, JoinExpr }): Relation[] => {
    if (RangeVar) return [relationOf(RangeVar, isNullable, tables)];
    const { alias } = RangeSubselect ?? RangeFunction ?? {};
    if (alias) {
      const table = RangeSubselect?.subquery && selectedOf(RangeSubselect.subquery, alias.aliasname, tables);
      return [{ alias: alias.aliasname, name: alias.aliasname, table, isNullable }];
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

/** A subquery as a table: what is known of the columns that it selects as they are. */
function selectedOf({ SelectStmt: select }: Node, name: string, tables: Tables): TableFacts | undefined {
  if (!select || select.larg) return undefined;
  const block: Block = {
    select,
    path: [],
    place: "from",
    relations: relationsOf(select.fromClause ?? [], tables),
    outer: undefined,
    inner: [],
  };
  const selected = (select.targetList ?? []).flatMap(({ ResTarget: target }) => {
    const column = columnOf(target?.val, block);
    return column ? [{ column, as: target?.name ?? column.name }] : [];
  });
  const asOf = (relation: Relation, inner: string): string | undefined =>
    selected.find(({ column }) => column.relation === relation && column.name === inner)?.as;
  const references = block.relations.flatMap((relation) =>
    (relation.isNullable ? [] : (relation.table?.references ?? [])).flatMap(({ columns, ...to }) => {
      const names = columns.flatMap((inner) => asOf(relation, inner) ?? []);
      return names.length === columns.length ? [{ columns: names, ...to }] : [];
    }),
  );
  const columns = selected.map(({ column, as }) => ({ name: as, required: column.isRequired }));
  return { name, columns, keys: [], references };
}

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
