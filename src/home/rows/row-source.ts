/**
 * Files with rows, by their names: `users.csv` has rows of `users`, `auth.users.csv` of `users` in `auth`; so has JSON, an array for the
 * table of its name, or an object of tables. Names are the database's, and values are never turned into numbers here: Postgres reads them.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { tableOfFile } from "../../migrations/file-of-rows.ts";

/** Rows for one table. */
export type RowSource = CsvRows | JsonRows;

export interface CsvRows {
  readonly kind: "csv";
  readonly file: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** Where its text begins, in bytes: behind a byte order mark. */
  readonly start: number;
}

export interface JsonRows {
  readonly kind: "json";
  readonly file: string;
  readonly table: string;
  /** The file's whole text. */
  readonly text: string;
  /** Where the rows are: a key of the file's object, or the file itself. */
  readonly at: string | undefined;
  /** The keys of each row. */
  readonly keys: readonly (readonly string[])[];
}

const MARK = "\ufeff";
/** More than any first line has. */
const FIRST_LINE = 1 << 16;

/** @throws Error what is wrong with the file, in words */
export function readRowSources(file: string): RowSource[] {
  const table = tableOfFile(file);
  if (/\.csv$/i.test(file)) return [{ kind: "csv", file, table, ...readHeader(file) }];
  const text = readFileSync(file, "utf8").replace(MARK, "");
  const content = JSON.parse(text) as unknown;
  if (Array.isArray(content)) return [{ kind: "json", file, table, text, at: undefined, keys: keysOf(content, "") }];
  if (!isObject(content)) throw new Error("it has to be an array of rows, or an object of such arrays by table");
  return Object.entries(content).map(([at, rows]) => {
    if (!Array.isArray(rows)) throw new Error(`what it has for ${JSON.stringify(at)} is no array of rows`);
    return { kind: "json", file, table: at, text, at, keys: keysOf(rows, ` of ${at}`) };
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function keysOf(rows: readonly unknown[], ofWhat: string): string[][] {
  return rows.map((row, index) => {
    if (isObject(row)) return Object.keys(row);
    throw new Error(`row ${index + 1}${ofWhat} is no object`);
  });
}

/** The columns that the first line names. Whether they are read right is checked by COPY itself, which is told to match them. */
function readHeader(file: string): Pick<CsvRows, "columns" | "start"> {
  const opened = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(FIRST_LINE);
    const text = bytes.subarray(0, readSync(opened, bytes, 0, FIRST_LINE, 0)).toString("utf8");
    const [line = ""] = text.replace(MARK, "").split(/\r?\n|\r/);
    if (line === "") throw new Error("its first line has to name the columns");
    const columns = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain,
    );
    return { columns, start: text.startsWith(MARK) ? Buffer.byteLength(MARK) : 0 };
  } finally {
    closeSync(opened);
  }
}
