/**
 * What is read of Postgres' syntax trees, as libpg-query gives them: a node is an object with one key, which is its kind. Fields that
 * are not named here are kept as they are.
 */
export interface Node {
  readonly SelectStmt?: Select;
  readonly InsertStmt?: Insert;
  readonly UpdateStmt?: Update;
  readonly DeleteStmt?: Delete;
  readonly RangeVar?: RangeVar;
  readonly RangeSubselect?: { readonly lateral?: boolean; readonly subquery?: Node; readonly alias?: Alias };
  readonly RangeFunction?: { readonly alias?: Alias };
  readonly RangeTableSample?: { readonly relation: Node };
  readonly RangeTableFunc?: { readonly alias?: Alias };
  readonly JsonTable?: { readonly alias?: Alias };
  readonly JoinExpr?: Join;
  readonly ResTarget?: Target;
  readonly ColumnRef?: { readonly fields: readonly Node[] };
  readonly String?: { readonly sval: string };
  readonly A_Star?: object;
  readonly ParamRef?: { readonly number: number };
  readonly A_Const?: Constant;
  readonly A_Expr?: Expression;
  readonly BoolExpr?: { readonly boolop: "AND_EXPR" | "OR_EXPR" | "NOT_EXPR"; readonly args: readonly Node[] };
  readonly NullTest?: { readonly arg: Node; readonly nulltesttype: "IS_NULL" | "IS_NOT_NULL" };
  readonly BooleanTest?: { readonly arg: Node; readonly booltesttype: string };
  readonly SubLink?: SubLink;
  readonly FuncCall?: FunctionCall;
  readonly SQLValueFunction?: { readonly op: string };
  readonly CoalesceExpr?: { readonly args: readonly Node[] };
  readonly CaseExpr?: object;
  readonly TypeCast?: { readonly arg: Node; readonly typeName: TypeName };
  readonly CollateClause?: { readonly arg: Node };
  readonly GroupingSet?: object;
  readonly WindowDef?: Window;
  readonly List?: { readonly items?: readonly Node[] };
  readonly SortBy?: Sort;
  readonly CommonTableExpr?: { readonly ctename: string; readonly ctequery: Node };
}

export interface Alias {
  readonly aliasname: string;
  readonly colnames?: readonly Node[];
}

export interface RangeVar {
  readonly schemaname?: string;
  readonly relname: string;
  readonly alias?: Alias;
}

export interface Join {
  readonly jointype: "JOIN_INNER" | "JOIN_LEFT" | "JOIN_RIGHT" | "JOIN_FULL";
  readonly larg: Node;
  readonly rarg: Node;
  readonly quals?: Node;
  readonly isNatural?: boolean;
  readonly usingClause?: readonly Node[];
}

export interface Target {
  readonly name?: string;
  readonly val?: Node;
}

export interface Constant {
  readonly isnull?: boolean;
  readonly ival?: { readonly ival?: number };
  readonly sval?: { readonly sval: string };
  readonly boolval?: { readonly boolval?: boolean };
}

export interface Expression {
  readonly kind: string;
  readonly name: readonly Node[];
  readonly lexpr?: Node;
  readonly rexpr?: Node;
}

export interface SubLink {
  readonly subLinkType: string;
  readonly testexpr?: Node;
  readonly operName?: readonly Node[];
  readonly subselect: Node;
}

export interface FunctionCall {
  readonly funcname: readonly Node[];
  readonly args?: readonly Node[];
  readonly agg_order?: readonly Node[];
  readonly agg_filter?: Node;
  readonly agg_star?: boolean;
  readonly agg_distinct?: boolean;
  readonly over?: Window;
}

export interface Window {
  readonly name?: string;
  readonly orderClause?: readonly Node[];
}

export interface TypeName {
  readonly names?: readonly Node[];
}

export interface Sort {
  readonly node: Node;
  readonly sortby_dir: "SORTBY_DEFAULT" | "SORTBY_ASC" | "SORTBY_DESC" | "SORTBY_USING";
  readonly sortby_nulls: string;
}

interface With {
  readonly withClause?: { readonly ctes: readonly Node[] };
}

export interface Select extends With {
  readonly distinctClause?: readonly Node[];
  readonly targetList?: readonly Node[];
  readonly fromClause?: readonly Node[];
  readonly whereClause?: Node;
  readonly groupClause?: readonly Node[];
  readonly havingClause?: Node;
  readonly valuesLists?: readonly Node[];
  readonly windowClause?: readonly Node[];
  readonly sortClause?: readonly Node[];
  readonly limitOffset?: Node;
  readonly limitCount?: Node;
  readonly limitOption?: string;
  readonly op?: "SETOP_NONE" | "SETOP_UNION" | "SETOP_INTERSECT" | "SETOP_EXCEPT";
  readonly all?: boolean;
  readonly larg?: Select;
  readonly rarg?: Select;
}

interface Returning {
  readonly returningClause?: { readonly exprs: readonly Node[] };
}

export interface Insert extends With, Returning {
  readonly relation: RangeVar;
  readonly selectStmt?: Node;
  readonly onConflictClause?: Conflict;
}

export interface Conflict {
  readonly infer?: { readonly indexElems?: readonly { readonly IndexElem?: { readonly name?: string } }[] };
  readonly action: "ONCONFLICT_NOTHING" | "ONCONFLICT_UPDATE";
  readonly targetList?: readonly Node[];
  readonly whereClause?: Node;
}

export interface Update extends With, Returning {
  readonly relation: RangeVar;
  readonly targetList: readonly Node[];
  readonly fromClause?: readonly Node[];
  readonly whereClause?: Node;
}

export interface Delete extends With, Returning {
  readonly relation: RangeVar;
  readonly usingClause?: readonly Node[];
  readonly whereClause?: Node;
}

/** Which keys and indexes lead from the root to a node. */
export type Path = readonly (string | number)[];

/** A tree in which what is at a path is something else; the rest is shared. */
export function put<Tree>(tree: Tree, path: Path, value: unknown): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return value as Tree;
  const inner = (tree as Record<string | number, unknown>)[key];
  const changed = put(inner, rest, value);
  if (Array.isArray(tree)) return tree.map((each, index) => (index === key ? changed : each)) as Tree;
  return { ...tree, [key]: changed };
}

/** A tree without a key. */
export function without<Tree extends object>(tree: Tree, ...keys: readonly (keyof Tree)[]): Tree {
  return Object.fromEntries(Object.entries(tree).filter(([key]) => !(keys as readonly string[]).includes(key))) as Tree;
}

/** All nodes in a tree, the outer ones first, with their paths. @param enters - whether to go on into a node */
export function* nodesOf(
  tree: unknown,
  path: Path = [],
  enters: (node: Node) => boolean = () => true,
): Generator<[Node, Path]> {
  if (typeof tree !== "object" || tree === null) return;
  if (!Array.isArray(tree)) {
    const keys = Object.keys(tree);
    if (keys.length === 1 && /^[A-Z]/.test(keys[0] ?? "")) {
      yield [tree as Node, path];
      if (!enters(tree as Node)) return;
    }
  }
  for (const [key, inner] of Object.entries(tree)) {
    yield* nodesOf(inner, [...path, Array.isArray(tree) ? Number(key) : key], enters);
  }
}

/** The names of a qualified name: of a function, an operator, a column. */
export const namesOf = (nodes: readonly Node[]): string[] => nodes.map(({ String: name }) => name?.sval ?? "*");

/** Where something stood in the text is no part of what the text means. */
const OF_PLACE: ReadonlySet<string> = new Set([
  ...["location", "stmt_len", "stmt_location", "rexpr_list_start", "rexpr_list_end", "list_start", "list_end"],
]);

/** The same for trees that mean the same, wherever they stood. */
export const meaning = (tree: unknown): string =>
  JSON.stringify(tree, (key, value) => {
    if (OF_PLACE.has(key)) return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const flat = "boolop" in value ? { ...value, args: flatArgs(value as Connective) } : value;
    // trees that were altered have their keys in another order
    return Object.fromEntries(Object.entries(flat).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

type Connective = NonNullable<Node["BoolExpr"]>;

/** An AND within an AND, and an OR within an OR, say the same as one: the parser makes one of some. */
const flatArgs = ({ boolop, args }: Connective): readonly Node[] =>
  args.flatMap((arg) => (boolop !== "NOT_EXPR" && arg.BoolExpr?.boolop === boolop ? flatArgs(arg.BoolExpr) : [arg]));
