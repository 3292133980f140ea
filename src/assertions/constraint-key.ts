/** Which constraint is meant: by its name, or by the columns of a Drizzle schema that it is on. */
import type { Column } from "drizzle-orm";
import { TestDbError } from "../errors.ts";
import type { DatabaseError } from "./database-error.ts";
import { tableNameOf } from "./table-name.ts";

/** A constraint's name, or a pattern of it. */
export type NameOrPattern = string | RegExp;

/** A unique constraint or index: by name, or by all of the columns that it is on, in any order. */
export type UniqueKey = NameOrPattern | Column | readonly [Column, ...Column[]];

/** A column that is NOT NULL: by its name in the database, or as it is in the schema. */
export type NotNullKey = NameOrPattern | Column;

/** How a constraint is found, and how it is called in words. */
export interface Wanted {
  readonly words: string;
  /** What is expected of the fields that a report has. */
  readonly fields: Readonly<Record<string, unknown>>;
  isIn(error: DatabaseError): boolean;
  /** What came instead, and how to ask for it, where it may be what is wanted, and the report doesn't tell. */
  doubtOf?(error: DatabaseError): string | undefined;
}

/** Any of a kind: no more is wanted. */
export const any = (words: string): Wanted => ({ words, fields: {}, isIn: () => true });

/** A constraint by its name. */
export function byName(kind: string, name: NameOrPattern | undefined): Wanted {
  if (name === undefined) return any(anyOf(kind));
  return {
    words: wordsWith(kind, name),
    fields: { constraint: name },
    isIn: ({ constraint = "" }) => matches(name, constraint),
  };
}

/**
 * A unique constraint by its name or its columns: Postgres tells those in the detail, `Key (a, b)=(1, 2) already exists.`
 *
 * @throws TestDbError `OPTION_INVALID` where the columns are of several tables
 */
export function byKey(kind: string, key: UniqueKey | undefined): Wanted {
  if (key === undefined || isName(key)) return byName(kind, key);
  const columns = Array.isArray(key) ? (key as readonly Column[]) : [key as Column];
  const [table, another] = [...new Set(columns.map(tableOf))] as [string, string?];
  if (another !== undefined) throw ofSeveralTables(table, another);
  const isOnColumns = (found: readonly string[]): boolean =>
    found.length === columns.length && columns.every((column) => found.some((name) => isNamed(column, name)));
  return {
    words: `${kind} on ${table} (${columns.map(({ name }) => name).join(", ")})`,
    fields: { table, columns: columns.map(({ name }) => name).sort() },
    isIn: (error) => error.table === table && isOnColumns(keyOf(error)),
    doubtOf(error) {
      const found = keyOf(error);
      const by = error.constraint === undefined ? "" : `. Name the constraint: "${error.constraint}"`;
      if (error.table === undefined || found.length === 0)
        return untold({ table: error.table, columns: found[0] }) + by;
      if (error.table === table || !isOnColumns(found)) return undefined;
      return `${kind} "${error.constraint}" on the same columns of ${error.table} was violated${ifPartition(error.table, table)}${by}`;
    },
  };
}

/** What is NOT NULL has no name in a report, but its column has. */
export function byColumn(kind: string, column: NotNullKey | undefined): Wanted {
  if (column === undefined) return any(anyOf(kind));
  if (isName(column)) {
    return {
      words: wordsWith(kind, column, "of "),
      fields: { column },
      isIn: (error) => matches(column, error.column ?? ""),
    };
  }
  const table = tableOf(column);
  return {
    words: `${kind} of ${table}.${column.name}`,
    fields: { table, column: column.name },
    isIn: (error) => error.table === table && isNamed(column, error.column ?? ""),
    doubtOf(error) {
      const by = error.column === undefined ? "" : `. Name the column: "${error.column}"`;
      if (error.table === undefined || error.column === undefined)
        return untold({ table: error.table, column: error.column }) + by;
      if (error.table === table || !isNamed(column, error.column)) return undefined;
      return `${error.table}.${error.column} was NULL${ifPartition(error.table, table)}${by}`;
    },
  };
}

/** An error of a mock has what it was given. A server leaves out the columns' values, and so their names, for a role that may not read them. */
function untold(fields: Readonly<Record<string, string | undefined>>): string {
  const missing = Object.keys(fields).filter((name) => fields[name] === undefined);
  const words = missing.length > 1 ? `neither ${missing.join(" nor ")}` : `no ${missing[0]}`;
  return `whether it was that one can't be known: the error tells ${words}`;
}

/** Postgres names the partition, and an error has no connection on which to ask whose it is. */
const ifPartition = (found: string, table: string): string => `. If ${found} is a partition of ${table}, that was it`;

const ofSeveralTables = (table: string, another: string): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `toViolateUnique() was given columns of ${table} and of ${another}`,
    why: "a unique constraint is on columns of one table",
    next: "toViolateUnique([users.team, users.email])",
  });

/** The columns of the key that a violation tells of, as they are in the database; none where it doesn't. */
export function keyOf({ detail = "" }: DatabaseError): string[] {
  // in every language of the server: its columns, an equals sign, its values
  const [, key = ""] = /\((.*?)\)=\(/s.exec(detail) ?? [];
  return [...key.matchAll(/"((?:[^"]|"")*)"|[^,\s][^,]*/g)].map(([whole, quoted]) =>
    quoted === undefined ? whole : quoted.replaceAll('""', '"'),
  );
}

const isName = (key: unknown): key is NameOrPattern => typeof key === "string" || isPattern(key);

/** Also one of another context. */
const isPattern = (key: unknown): key is RegExp => Object.prototype.toString.call(key) === "[object RegExp]";

export const matches = (name: NameOrPattern, found: string): boolean =>
  // not test(), which goes on from where a pattern with the flag g found something
  typeof name === "string" ? found === name : found.search(name) !== -1;

const wordsWith = (kind: string, name: NameOrPattern, of = ""): string =>
  typeof name === "string" ? `${kind} ${of}"${name}"` : `${anyOf(kind)} ${of || "that matches "}${name}`;

/** Of "the check" "a check". */
export const anyOf = (kind: string): string => kind.replace(/^the (?=e)/, "an ").replace(/^the /, "a ");

const tableOf = ({ table }: Column): string => String(tableNameOf(table));

/** With drizzle-orm 0.45's `casing` a column that was given no name is called so in another case. */
const isNamed = ({ name, keyAsName }: Column, found: string): boolean =>
  found === name || (keyAsName && lettersOf(found) === lettersOf(name));

const lettersOf = (name: string): string => name.replaceAll("_", "").toLowerCase();
