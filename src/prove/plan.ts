/** Which queries are altered, how, and why others are not. */
import type { LeftAlone } from "./proof.ts";
import type { Recorded, RecordedQuery } from "./recorded.ts";
import { type Alteration, alterationsOf } from "./sql/alter.ts";
import { isWrite, returnedName } from "./sql/alterations/writes.ts";
import { blocksOf } from "./sql/blocks.ts";
import { functionOf } from "./sql/build.ts";
import type { TableFacts } from "./sql/facts.ts";
import type { Parser } from "./sql/parser.ts";
import { type Node, nodesOf } from "./sql/syntax-tree.ts";
import { type Unscoped, unscopedOf } from "./unscoped.ts";
import type { ComparedAlteration, Comparison } from "./work.ts";

export interface PlannedQuery {
  readonly query: RecordedQuery;
  readonly alterations: readonly Alteration[];
  /** What it does, to which tables: the same for queries that one line builds. */
  readonly about: string;
  readonly isWrite: boolean;
  /** Absent where what the query does cannot be seen beside it. */
  readonly comparison: Comparison | undefined;
  /** Tables of the query that have a column of `--scoped-by`, while none of its conditions is on that column. */
  readonly unscoped: readonly Unscoped[];
}

export interface Plan {
  readonly queries: readonly PlannedQuery[];
  readonly leftAlone: readonly LeftAlone[];
  /** How many queries only tests send, or are left out by `--only`. */
  readonly ofTests: number;
}

export function planOf(recorded: Recorded, parser: Parser, scopedBy: readonly string[]): Plan {
  const queries: PlannedQuery[] = [];
  const leftAlone: LeftAlone[] = recorded.fragments.map(({ text, sources }) => ({
    sql: text,
    sources,
    why: "the driver builds it of fragments, and its text is not known before it is sent",
  }));
  const own = recorded.queries.filter(({ isOfTestsAlone }) => !isOfTestsAlone);
  for (const query of own) {
    const { text: sql, sources } = query;
    const planned = plan(query, recorded.tablesOf(query), parser, scopedBy);
    if (typeof planned === "string") leftAlone.push({ sql, sources, why: planned });
    else if (planned === undefined) continue;
    else queries.push(planned);
  }
  return { queries, leftAlone, ofTests: recorded.queries.length - own.length };
}

/** What does more than a transaction undoes, or waits. */
const EFFECTS =
  /^(nextval|setval|set_config|pg_(try_)?advisory.*|pg_notify|pg_sleep.*|pg_(cancel|terminate)_backend|dblink.*|lo_.*|pg_.*backup.*|pg_switch_wal|pg_logical.*)$/;

/** What gives something else each time. A few rows may come in one order twice by chance. */
const DIFFERING =
  /^(random|random_normal|gen_random_uuid|uuidv[47]|uuid_generate_v\d.*|clock_timestamp|timeofday|gen_random_bytes)$/;

/** What makes tables, or a session's settings: migrations, mostly. */
const ABOUT_NO_ROWS =
  /^[\s;]*(create|alter|drop|comment|grant|revoke|set|reset|show|analyze|vacuum|listen|unlisten)\b/i;

/** Or why it is left alone; undefined where it is about no rows. */
function plan(
  query: RecordedQuery,
  facts: readonly TableFacts[],
  parser: Parser,
  scopedBy: readonly string[],
): PlannedQuery | string | undefined {
  if (ABOUT_NO_ROWS.test(query.text)) return undefined;
  const parsed = parser.parse(query.text);
  if ("why" in parsed) return parsed.why;
  const { tree } = parsed;
  if (!(tree.SelectStmt ?? tree.InsertStmt ?? tree.UpdateStmt ?? tree.DeleteStmt)) {
    return "it is neither SELECT, INSERT, UPDATE nor DELETE";
  }
  const functions = [...nodesOf(tree)].flatMap(([node]) => functionOf(node) ?? []);
  const effect = functions.find((name) => EFFECTS.test(name));
  if (effect) return `${effect}() does what no transaction undoes, or waits`;
  if (tree.SelectStmt && functions.some((name) => DIFFERING.test(name)))
    return "its own result differs when it runs twice";
  const alterations = alterationsOf(tree, query.text, facts, parser, query.values);
  return {
    query,
    alterations,
    about: aboutOf(tree),
    isWrite: isWrite(blocksOf(tree, [])),
    comparison: comparisonOf(tree, query, alterations, parser),
    unscoped: unscopedOf(tree, facts, scopedBy),
  };
}

function aboutOf(tree: Node): string {
  const [kind] = Object.keys(tree);
  const [first] = blocksOf(tree, []);
  return [kind, ...(first?.relations.map(({ name }) => name) ?? [])].join(" ");
}

function comparisonOf(
  tree: Node,
  query: RecordedQuery,
  alterations: readonly Alteration[],
  parser: Parser,
): Comparison | undefined {
  const isWriting = tree.SelectStmt === undefined;
  const isChanging = isWrite(blocksOf(tree, []));
  // what a WITH changes is not among the rows of a SELECT
  if (isChanging && !isWriting) return undefined;
  const print = (each: Node): string | undefined => parser.print(isWriting ? returningAll(each) : each);
  const compared = print(tree);
  const extended = alterations.flatMap(({ id, tree, column }): ComparedAlteration[] => {
    const sql = print(tree);
    return sql === undefined ? [] : [{ id, sql, ...(column === undefined ? {} : { column }) }];
  });
  if (compared === undefined || extended.length < alterations.length) return undefined;
  const { text, sources, isOfTestsToo } = query;
  return {
    ...{ text, compared, isWrite: isChanging, alterations: extended },
    isOrdered: tree.SelectStmt?.sortClause !== undefined,
    ...(isOfTestsToo ? { sources } : {}),
  };
}

/** A write that returns, beside its own list, all of what it changed. A value of that list may have the name of a column. */
function returningAll(tree: Node): Node {
  const [kind, statement] = Object.entries(tree)[0] as [string, NonNullable<Node["UpdateStmt"]>];
  const own = (statement.returningClause?.exprs ?? []).map(({ ResTarget: target, ...other }, index): Node => {
    const isStar = target?.val?.ColumnRef?.fields.some(({ A_Star }) => A_Star);
    return target && !isStar
      ? { ResTarget: { ...target, name: returnedName(index) } }
      : { ...other, ...(target ? { ResTarget: target } : {}) };
  });
  const all: Node = { ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } };
  return { [kind]: { ...statement, returningClause: { ...statement.returningClause, exprs: [...own, all] } } };
}
