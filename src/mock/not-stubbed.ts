/** What was asked, and the line that would answer it. */
import { Column, is, SQL, Table } from "drizzle-orm";
import { TestDbError } from "../errors.ts";
import type { MockCall } from "./mock-call.ts";
import { projectionOf } from "./project.ts";
import { fieldsOf, isValue, keyOf, nameOf, type Statement } from "./statement.ts";

/** What the schema exports, or the relations of 1.0 by its names. */
export type Tables = Readonly<Record<string, unknown>>;

/** The table of an export of the schema, or of an entry of relations. */
export const tableOf = (entry: unknown): unknown =>
  typeof entry === "object" && entry !== null && !is(entry, Table) && "table" in entry ? entry.table : entry;

/** @returns TestDbError `NOT_STUBBED` for a query whose rows are wanted */
export const noStub = (call: MockCall, statement: Statement, tables: Tables): TestDbError =>
  notStubbed(`Nothing is stubbed for ${askedFor(call)}`, call, stubFor(statement, tables, call));

/** @returns TestDbError `NOT_STUBBED` for the number of rows of a write */
export const noNumber = (call: MockCall, { source }: Statement, tables: Tables): TestDbError => {
  const line = `mock.on.${call.operation}(${codeFor(source, tables)}).affects(1);`;
  return notStubbed(`Nothing says how many rows the ${askedFor(call)} affects`, call, line);
};

/** @returns TestDbError `NOT_STUBBED` for `db.query`, which needs a schema */
export const noSchema = (key: string): TestDbError =>
  new TestDbError("NOT_STUBBED", {
    what: `db.query.${key} is not there`,
    why: "createMockDb() was given no schema, so Drizzle knows no tables by name",
    next: "createMockDb({ schema }), and with drizzle-orm 1.0: createMockDb({ relations })",
  });

const notStubbed = (what: string, { sql, params }: MockCall, next: string): TestDbError =>
  new TestDbError("NOT_STUBBED", { what, why: `the code under test ran: ${sql}\nwith ${shown(params)}`, next });

const askedFor = ({ operation, table }: MockCall): string =>
  table === undefined ? operation : `${operation} of "${table}"`;

function shown(params: readonly unknown[]): string {
  if (params.length === 0) return "no parameters";
  return `the parameters ${JSON.stringify(params, (_, value) => (typeof value === "bigint" ? `${value}n` : value))}`;
}

function stubFor(statement: Statement, tables: Tables, call: MockCall): string {
  const { operation, source, selection } = statement;
  const isKnown = keyOf(source) !== undefined && fieldsOf(source) !== undefined;
  if (operation === "execute") return `mock.on.execute(${JSON.stringify(call.sql)}).returns([{}]);`;
  if (operation === "count") return `mock.on.count(${isKnown ? codeFor(source, tables) : "…"}).returns(0);`;
  const row = sample(isKnown ? fieldsOf(source) : {});
  const answer = operation === "findFirst" ? row : `[${row}]`;
  if (isKnown && projectionOf(statement)) return `mock.on.${operation}(${codeFor(source, tables)}).returns(${answer});`;
  const nullable = nullableOf(statement);
  const rows =
    operation === "findFirst" ? "{ … }" : `[${selection === undefined ? "{ … }" : sample(selection, nullable)}]`;
  return `mock.on.query((db) => ${queryCode(statement, tables)}).returns(${rows});`;
}

/** The query as code, without what is not compared: conditions, order, and what joins are on. */
function queryCode({ operation, source, selection, steps }: Statement, tables: Tables): string {
  const place = codeFor(source, tables);
  if (operation === "findMany" || operation === "findFirst")
    return `db.query.${place.replace(/^schema\./, "")}.${operation}({ /* columns, extras, with */ })`;
  const fields = selection === undefined ? "" : fieldsCode(selection, tables);
  if (operation !== "select") {
    const middle = { insert: ".values({ … })", update: ".set({ … })" }[operation as string] ?? "";
    return `db.${operation}(${place})${middle}.returning(${fields})`;
  }
  const joins = steps.filter(({ method }) => /join/i.test(method));
  const joined = joins.map(
    ({ method, args: [other] }) => `.${method}(${codeFor(other, tables)}${/cross/.test(method) ? "" : ", sql`true`"})`,
  );
  return `db.select(${fields}).from(${place})${joined.join("")}`;
}

function fieldsCode(selection: unknown, tables: Tables): string {
  if (is(selection, Column)) {
    const { table, name } = selection;
    const key = Object.entries(fieldsOf(table) ?? {}).find(
      ([, column]) => is(column, Column) && column.name === name,
    )?.[0];
    return `${codeFor(table, tables)}.${key ?? name}`;
  }
  if (is(selection, Table)) return codeFor(selection, tables);
  if (is(selection, SQL.Aliased)) return `sql\`…\`.as(${JSON.stringify(selection.fieldAlias)})`;
  if (isValue(selection) || typeof selection !== "object" || selection === null) return "sql`…`";
  return `{ ${Object.entries(selection)
    .map(([name, field]) => `${name}: ${fieldsCode(field, tables)}`)
    .join(", ")} }`;
}

/** The name of a table in code: the schema's, if it is known. */
function codeFor(source: unknown, tables: Tables): string {
  const key = keyOf(source);
  const known = Object.entries(tables).find(([, entry]) => key !== undefined && keyOf(tableOf(entry)) === key)?.[0];
  if (known !== undefined) return `schema.${known}`;
  const original = is(source, Table) && Object.entries(tables).find(([, entry]) => isLike(tableOf(entry), source))?.[0];
  if (original) return `alias(schema.${original}, ${JSON.stringify(nameOf(source))})`;
  return (nameOf(source) ?? "…").replace(/[^a-zA-Z0-9]+(.)?/g, (_, letter: string = "") => letter.toUpperCase());
}

/** Whether one may be an alias of the other: the same columns. */
function isLike(table: unknown, other: unknown): boolean {
  const columns = (of: unknown): string =>
    JSON.stringify(Object.entries(fieldsOf(of) ?? {}).map(([key, column]) => [key, (column as Column).name]));
  return is(table, Table) && columns(table) === columns(other);
}

/** Whether a field is of a table that a row of the query may be without: by the joins. */
function nullableOf({ source, steps }: Statement): (field: unknown) => boolean {
  const before = new Set([keyOf(source)]);
  const nullable = new Set<string | undefined>();
  for (const { method, args } of steps.filter((step) => /join/i.test(step.method))) {
    if (/^(right|full)/.test(method)) for (const key of before) nullable.add(key);
    if (/^(left|full)/.test(method)) nullable.add(keyOf(args[0]));
    before.add(keyOf(args[0]));
  }
  return (field) => is(field, Column) && nullable.has(keyOf(field.table));
}

function sample(fields: unknown, isNullable: (field: unknown) => boolean = () => false, depth = 0): string {
  if (fields === undefined) return "{}";
  if (isNullable(fields)) return "null";
  if (isValue(fields) || typeof fields !== "object" || fields === null) return sampleValue(fields);
  const entries = Object.entries(is(fields, Table) ? (fieldsOf(fields) ?? {}) : fields);
  // a part of the row that has nothing else is null itself
  if (depth > 0 && entries.length > 0 && entries.every(([, field]) => isNullable(field))) return "null";
  const shown = entries.map(
    ([name, field]) =>
      `${/^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name)}: ${sample(field, isNullable, depth + 1)}`,
  );
  return `{ ${shown.join(", ")} }`;
}

/** By the words for a column's type: "number" and "date", and since 1.0 "number int32" and "object date". */
function sampleValue(field: unknown): string {
  if (!is(field, Column)) return "…";
  if (!field.notNull) return "null";
  if (Number((field as { readonly dimensions?: number }).dimensions) > 0) return "[]"; // since 1.0 a list has its elements' type
  const first = field.enumValues?.[0];
  if (first !== undefined) return JSON.stringify(first);
  const words = String(field.dataType).split(" ");
  const kind = words[0] === "object" ? words[1] : words[0];
  return SAMPLES[kind ?? ""] ?? "…";
}

const SAMPLES: Readonly<Record<string, string>> = {
  number: "0",
  string: '""',
  boolean: "false",
  bigint: "0n",
  date: "new Date(0)",
  json: "{}",
  buffer: "Buffer.alloc(0)",
  array: "[]",
};
