/** Which constraint is meant: by its name, or by the columns of a Drizzle schema that it is on. */
import type { Column } from "drizzle-orm";
import type { DatabaseError } from "./database-error.ts";

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

/** A unique constraint by its name or its columns: Postgres tells those in the detail, `Key (a, b)=(1, 2) already exists.` */
export function byKey(kind: string, key: UniqueKey | undefined): Wanted {
  if (key === undefined || isName(key)) return byName(kind, key);
  const columns = Array.isArray(key) ? (key as readonly Column[]) : [key as Column];
  const table = tableOf(columns[0] as Column);
  return {
    words: `${kind} on ${table} (${columns.map(({ name }) => name).join(", ")})`,
    fields: { table, columns: columns.map(({ name }) => name).sort() },
    isIn: (error) => {
      const found = keyOf(error);
      return (
        error.table === table &&
        found.length === columns.length &&
        columns.every((column) => found.some((name) => isNamed(column, name)))
      );
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
  };
}

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
const anyOf = (kind: string): string => kind.replace(/^the (?=e)/, "an ").replace(/^the /, "a ");

const TABLE_NAME = Symbol.for("drizzle:Name");

/** Read as `getTableName()` reads it, without loading Drizzle. */
const tableOf = ({ table }: Column): string => String((table as unknown as { [TABLE_NAME]: unknown })[TABLE_NAME]);

/** With drizzle-orm 0.45's `casing` a column that was given no name is called so in another case. */
const isNamed = ({ name, keyAsName }: Column, found: string): boolean =>
  found === name || (keyAsName && lettersOf(found) === lettersOf(name));

const lettersOf = (name: string): string => name.replaceAll("_", "").toLowerCase();
