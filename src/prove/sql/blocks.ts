/** The query blocks of a statement: the statement itself, and each SELECT in it, with the relations whose columns it can name. */
import { functionOf, isAggregate } from "./build.ts";
import type { TableFacts } from "./facts.ts";
import { isMultiplied, type Known, type Relation, relationOf, relationsOf } from "./relations.ts";
import {
  type Delete,
  type FunctionCall,
  type Insert,
  type Node,
  namesOf,
  nodesOf,
  type Path,
  type Select,
  type Update,
} from "./syntax-tree.ts";

/**
 * Where a block stands: what of it matters depends on that. An arm of UNION ALL is an `arm`; one of a set operation that takes equal
 * rows for one is an `armOfSet`.
 */
export type Place = "top" | "arm" | "armOfSet" | "from" | "cte" | "exists" | "in" | "scalar" | "array" | "insert";

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
  /** Of a set operation. */
  readonly arms: Block[];
  /** The WITH whose query it is, or is an arm of. */
  readonly cte?: string;
}

export interface Column {
  readonly relation: Relation;
  readonly name: string;
  /** Never null: required, and of no relation that an outer join may leave null. */
  readonly isRequired: boolean;
}

/** The outermost block first. */
export function blocksOf(tree: Node, facts: readonly TableFacts[]): Block[] {
  const tables = new Map(facts.map((table) => [table.name, table]));
  const names = [...nodesOf(tree)].flatMap(([{ RangeVar }]) => RangeVar?.relname ?? []);
  const into = tree.InsertStmt ?? tree.UpdateStmt ?? tree.DeleteStmt;
  if (into) names.push(into.relation.relname);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  // a WITH may have the name of a table
  for (const [{ CommonTableExpr }] of nodesOf(tree)) tables.delete(CommonTableExpr?.ctename ?? "");
  return [...blocksIn(tree, { path: [], place: "top", outer: undefined }, { tables, repeated })];
}

type Standing = Pick<Block, "path" | "place" | "outer" | "cte">;

function* blocksIn(node: Node, standing: Standing, known: Known): Generator<Block> {
  const { SelectStmt, InsertStmt, UpdateStmt, DeleteStmt } = node;
  const at = (kind: string): Standing => ({ ...standing, path: [...standing.path, kind] });
  if (SelectStmt) yield* selectsIn(SelectStmt, at("SelectStmt"), known);
  const from = UpdateStmt?.fromClause ?? DeleteStmt?.usingClause ?? [];
  const statement = InsertStmt ?? UpdateStmt ?? DeleteStmt;
  if (!statement) return;
  const relations = [relationOf(statement.relation, false, known), ...relationsOf(from, known)];
  const own = { relations, inner: [], arms: [] };
  const block: Block = InsertStmt
    ? { ...at("InsertStmt"), ...own, insert: InsertStmt }
    : UpdateStmt
      ? { ...at("UpdateStmt"), ...own, update: UpdateStmt }
      : { ...at("DeleteStmt"), ...own, delete: DeleteStmt as Delete };
  yield block;
  yield* innerBlocks(statement, block, known);
}

function* selectsIn(select: Select, standing: Standing, known: Known, union?: Block): Generator<Block> {
  const block: Block = {
    ...standing,
    select,
    relations: relationsOf(select.fromClause ?? [], known),
    inner: [],
    arms: [],
  };
  (union?.arms ?? block.outer?.inner)?.push(block);
  yield block;
  const { larg, rarg, ...own } = select;
  const place = select.all ? "arm" : "armOfSet";
  if (larg) yield* selectsIn(larg, { ...standing, place, path: [...standing.path, "larg"] }, known, block);
  if (rarg) yield* selectsIn(rarg, { ...standing, place, path: [...standing.path, "rarg"] }, known, block);
  yield* innerBlocks(own, block, known);
}

const PLACES: Readonly<Record<string, Place>> = {
  EXISTS_SUBLINK: "exists",
  ANY_SUBLINK: "in",
  ALL_SUBLINK: "in",
  ARRAY_SUBLINK: "array",
};

function* innerBlocks(content: object, outer: Block, known: Known): Generator<Block> {
  const standings = new Map<string, Pick<Standing, "place" | "cte">>();
  for (const [node, path] of ownNodes(content, outer.path)) {
    const { SubLink, RangeSubselect, CommonTableExpr } = node;
    const stands = (place: Place, ...keys: string[]): void =>
      void standings.set([...path, ...keys].join("."), { place });
    if (SubLink) stands(PLACES[SubLink.subLinkType] ?? "scalar", "SubLink", "subselect");
    if (RangeSubselect) stands("from", "RangeSubselect", "subquery");
    if (CommonTableExpr) {
      const at = [...path, "CommonTableExpr", "ctequery"].join(".");
      standings.set(at, { place: "cte", cte: CommonTableExpr.ctename });
    }
    if (!isStatement(node)) continue;
    yield* blocksIn(node, { path, outer, ...(standings.get(path.join(".")) ?? { place: "insert" }) }, known);
  }
}

export const isStatement = (node: Node): boolean =>
  Boolean(node.SelectStmt ?? node.InsertStmt ?? node.UpdateStmt ?? node.DeleteStmt);

/** Whether all rows of a block become one. */
export function isCounting({ select, path }: Block): boolean {
  if (!select || select.groupClause || isMultiplied(select)) return false;
  if (select.havingClause) return true;
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

/** The relations of one side of a join. */
export const relationsOfSide = (side: Node, block: Block): readonly Relation[] => {
  const aliases = new Set(relationsOf([side], NOTHING).map(({ alias }) => alias));
  return block.relations.filter(({ alias }) => aliases.has(alias));
};

const NOTHING: Known = { tables: new Map(), repeated: new Set() };

/** The block of a subquery in FROM. */
export const blockOf = ({ RangeSubselect }: Node, { inner }: Block): Block | undefined =>
  inner.find(({ select }) => select && select === RangeSubselect?.subquery?.SelectStmt);

/** What a column's name means in a block, or around it. */
export function columnOf(node: Node | undefined, block: Block): Column | undefined {
  const names = node?.ColumnRef && namesOf(node.ColumnRef.fields);
  if (!names) return undefined;
  const [name = "", alias] = names.toReversed();
  for (let each: Block | undefined = block; each; each = each.outer) {
    const [relation, ...others] =
      alias === undefined ? ownersOf(name, each) : each.relations.filter((relation) => relation.alias === alias);
    if (others.length > 0) return undefined;
    if (!relation) continue;
    const required = relation.facts?.columns.find((column) => column.name === name)?.required ?? false;
    return { relation, name, isRequired: required && !relation.isNullable };
  }
  return undefined;
}

/** The columns in an expression, of the block and of those around it. */
export const columnsOf = (node: Node, block: Block): Column[] =>
  [...ownNodes(node, [])].flatMap(([each]) => columnOf(each, block) ?? []);

/** Which relations have a column; where none is known to, all of which it is not known what they have. */
function ownersOf(name: string, { relations }: Block): readonly Relation[] {
  const having = relations.filter(({ facts }) => facts?.columns.some((column) => column.name === name));
  return having.length > 0 ? having : relations.filter(({ facts }) => !facts);
}

/** Whether a column is of a block around this one: a correlated subquery's. */
export const isOuter = (column: Column, block: Block): boolean => !block.relations.includes(column.relation);

/** Whether a block goes on from the rows that it has found itself: the second arm of a recursive WITH. */
export const isRepeated = ({ cte, place, relations }: Block): boolean =>
  cte !== undefined && place.startsWith("arm") && relations.some((relation) => isRecursive(relation, cte));

export const isRecursive = ({ reads }: Relation, cte: string | undefined): boolean => reads === cte;
