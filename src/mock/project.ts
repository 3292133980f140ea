/** Rows of a table become rows of a query that selects some of its columns, or the query is not one that they can answer. */
import { Column, is, SQL, Table } from "drizzle-orm";
import { fieldsOf, isValue, keyOf, last, type Statement } from "./statement.ts";

type Row = Readonly<Record<string, unknown>>;
type Projection = (row: Row) => unknown;

/** @returns what makes rows of the query; undefined where a row of its table has not all that it selects */
export function projectionOf(statement: Statement): Projection | undefined {
  const { operation, joined, selection, source } = statement;
  if (operation === "findMany" || operation === "findFirst")
    return relational(last(statement.steps, operation)?.args[0]);
  if (selection === undefined) return joined.length === 0 ? (row) => ({ ...row }) : undefined;
  return projection(selection, source, joined.length === 0);
}

function projection(field: unknown, source: unknown, isAlone: boolean): Projection | undefined {
  const name = fieldName(field, source, isAlone);
  if (name !== undefined) return (row) => row[name];
  if (isValue(field) || typeof field !== "object" || field === null) return undefined;
  if (is(field, Table)) return keyOf(field) === keyOf(source) ? (row) => ({ ...row }) : undefined;
  const parts = Object.entries(field).map(([key, part]) => [key, projection(part, source, isAlone)] as const);
  if (parts.some(([, part]) => part === undefined)) return undefined;
  return (row) => Object.fromEntries(parts.map(([key, part]) => [key, part?.(row)]));
}

/** The name that a column of the source has in its rows. */
function fieldName(field: unknown, source: unknown, isAlone: boolean): string | undefined {
  const isOfSource = is(source, Table) ? is(field, Column) && keyOf(field.table) === keyOf(source) : isAlone;
  if (!isOfSource) return undefined;
  const searched = sqlName(field);
  if (searched === undefined) return undefined;
  return Object.entries(fieldsOf(source) ?? {}).find(([, candidate]) => sqlName(candidate) === searched)?.[0];
}

function sqlName(field: unknown): string | undefined {
  if (is(field, Column)) return field.name;
  return is(field, SQL.Aliased) ? field.fieldAlias : undefined;
}

/** Of `columns`, those that are true are taken; where none is, those that are false are left out. */
function relational(config: unknown): Projection | undefined {
  if (typeof config !== "object" || config === null) return (row) => ({ ...row });
  const { columns, extras, with: relations } = config as Readonly<Record<string, object | undefined>>;
  if (extras || Object.values(relations ?? {}).some(Boolean)) return undefined;
  const chosen = Object.entries(columns ?? {}).filter(([, value]) => typeof value === "boolean");
  if (chosen.length === 0) return columns ? () => ({}) : (row) => ({ ...row });
  const taken = new Set(chosen.filter(([, value]) => value).map(([name]) => name));
  const left = new Set(chosen.map(([name]) => name));
  return (row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => (taken.size > 0 ? taken.has(name) : !left.has(name))));
}
