/** What Postgres reported, in one form: the drivers name its fields differently, and Drizzle wraps what they throw. */
import { printableLines } from "../errors.ts";
import { withoutUnit } from "./without-unit.ts";

/** The fields of a report. The name of the unit, which is random, is in none of them. */
export interface DatabaseError {
  /** The SQLSTATE: `23505`. */
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The report in what was thrown, or in one of its causes. */
export function databaseError(thrown: unknown): DatabaseError | undefined {
  // jest's environment throws errors of another context, which are no instances of this one's Error
  for (let each = thrown as Fields | undefined, depth = 0; isObject(each) && depth < 8; depth++) {
    if (isReport(each)) return reportOf(each);
    each = each["cause"] as Fields | undefined;
  }
  return undefined;
}

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** A system's error has a code too, and EPIPE or EPERM looks like Postgres'. */
const isReport = ({ code, message, ...rest }: Fields): boolean =>
  typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && typeof message !== "number" && !("syscall" in rest);

function reportOf(error: Fields): DatabaseError {
  const text = (...names: readonly string[]): string | undefined => {
    const value = names.map((name) => error[name]).find((each) => typeof each === "string");
    return value === undefined ? undefined : withoutUnit(value as string);
  };
  return {
    code: error["code"] as string,
    message: text("message") ?? "",
    detail: text("detail"),
    table: text("table_name", "table"),
    column: text("column_name", "column"),
    constraint: text("constraint_name", "constraint"),
  };
}

/** A report in lines, each field under its name. */
export function linesOf({ code, message, table, column, constraint, detail }: DatabaseError): string {
  const fields = Object.entries({ table, column, constraint, detail }).filter(([, value]) => value !== undefined);
  const lines = fields.map(([name, value]) => `  ${`${name}:`.padEnd(12)}${value}`);
  return printableLines([`  ${message} (SQLSTATE ${code})`, ...lines].join("\n"));
}
