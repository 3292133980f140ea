/** What a chain of calls asks for, read from the calls themselves: nothing of Drizzle's inside is looked at. */
import { Column, getTableColumns, getTableName, is, SQL, Subquery, Table } from "drizzle-orm";
import {
  getMaterializedViewConfig,
  getTableConfig,
  getViewConfig,
  PgMaterializedView,
  PgView,
} from "drizzle-orm/pg-core";
import type { MockOperation } from "./mock-call.ts";

/** A method that was called, of the database or of a query. */
export interface Step {
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface Statement {
  readonly operation: MockOperation;
  /** A table, a view, a subquery or SQL. */
  readonly source: unknown;
  readonly joined: readonly unknown[];
  /** The fields that were asked for; undefined where all are. */
  readonly selection: unknown;
  /** False for a write whose rows are not asked for. */
  readonly hasRows: boolean;
  readonly steps: readonly Step[];
}

const OPERATIONS: Readonly<Record<string, MockOperation>> = {
  select: "select",
  selectDistinct: "select",
  selectDistinctOn: "select",
  insert: "insert",
  update: "update",
  delete: "delete",
  findMany: "findMany",
  findFirst: "findFirst",
  $count: "count",
  refreshMaterializedView: "refreshMaterializedView",
};
const WRITES: ReadonlySet<MockOperation> = new Set(["insert", "update", "delete"]);

/** @param table - of `db.query`, whose methods don't name it */
export function statementOf(steps: readonly Step[], table?: unknown): Statement {
  const [root] = steps;
  const operation = OPERATIONS[root?.method ?? ""] ?? "execute";
  const [first, second] = root?.args ?? [];
  const isSelect = operation === "select";
  const returning = last(steps, "returning");
  return {
    operation,
    source: isSelect ? last(steps, "from")?.args[0] : operation === "execute" ? undefined : (table ?? first),
    joined: steps.slice(1).flatMap(({ method, args }) => (isJoin(method, isSelect) ? [args[0]] : [])),
    selection: isSelect ? (root?.method === "selectDistinctOn" ? second : first) : returning?.args[0],
    hasRows: WRITES.has(operation) ? returning !== undefined : operation !== "refreshMaterializedView",
    steps,
  };
}

export const last = (steps: readonly Step[], method: string): Step | undefined =>
  steps.findLast((step) => step.method === method);

/** An update has its table, and what it is joined with by `from()`. */
const isJoin = (method: string, isSelect: boolean): boolean => /join/i.test(method) || (method === "from" && !isSelect);

/** The name that a source has in SQL. */
export function nameOf(source: unknown): string | undefined {
  if (is(source, Table)) return getTableName(source);
  return is(source, Subquery) ? source._.alias : viewOf(source)?.name;
}

/** The same for the same table, and for no other: two schemas may each have a table of one name. */
export function keyOf(source: unknown): string | undefined {
  const name = nameOf(source);
  return name === undefined ? undefined : JSON.stringify([schemaOf(source), name]);
}

function schemaOf(source: unknown): string {
  // a table of 1.0 is wider than what its functions take
  if (is(source, Table)) return getTableConfig(source as Parameters<typeof getTableConfig>[0]).schema ?? "public";
  return is(source, Subquery) ? "" : (viewOf(source)?.schema ?? "public");
}

interface ViewParts {
  readonly name: string;
  readonly schema: string | undefined;
  readonly selectedFields: Readonly<Record<string, unknown>>;
}

function viewOf(source: unknown): ViewParts | undefined {
  if (is(source, PgMaterializedView)) return getMaterializedViewConfig(source);
  return is(source, PgView) ? getViewConfig(source) : undefined;
}

/** The fields of a table or view, by the names that rows have. */
export const fieldsOf = (source: unknown): Readonly<Record<string, unknown>> | undefined =>
  is(source, Table) ? getTableColumns(source) : viewOf(source)?.selectedFields;

/** Whether it is one value of a row, not a group of several. */
export const isValue = (field: unknown): boolean => is(field, Column) || is(field, SQL) || is(field, SQL.Aliased);

/** What two statements have in common that ask the same table for the same fields, whatever they filter and sort by. */
export function signatureOf(statement: Statement, sql: string): string {
  const { operation, source, joined, selection, hasRows, steps } = statement;
  const place = [operation, keyOf(source), joined.map((other) => keyOf(other) ?? null)];
  if (operation === "execute" || (source !== undefined && keyOf(source) === undefined))
    return JSON.stringify([...place, sql]);
  if (operation === "findMany" || operation === "findFirst")
    return JSON.stringify([...place, relationalShape(steps[0]?.args[0])]);
  return JSON.stringify([...place, hasRows ? shapeOf(selection) : "no rows"]);
}

function shapeOf(selection: unknown): unknown {
  if (selection === undefined) return "all";
  const fields = fieldsOf(selection) ?? selection;
  if (isValue(fields) || typeof fields !== "object" || fields === null) return 0;
  return Object.entries(fields).map(([name, field]) => [name, shapeOf(field)]);
}

/** Names of columns, extras and relations; conditions are not part of a row's shape. */
function relationalShape(config: unknown): unknown {
  if (typeof config !== "object" || config === null) return 0;
  const { columns, extras, with: relations } = config as Readonly<Record<string, object | undefined>>;
  const nested = Object.entries(relations ?? {}).filter(([, value]) => value);
  return [
    Object.entries(columns ?? {}),
    typeof extras === "function" ? "computed" : Object.keys(extras ?? {}),
    nested.map(([name, value]) => [name, relationalShape(value)]),
  ];
}
