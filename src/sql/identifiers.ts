/**
 * The only place that quotes. Every identifier or literal that enters SQL text goes through here;
 * everything else is a bind parameter.
 */
import { TestDbError } from "../errors.ts";

export function ident(name: string): string {
  assertNoNul(name);
  return `"${name.replaceAll('"', '""')}"`;
}

export const qualified = (schema: string, name: string): string => `${ident(schema)}.${ident(name)}`;

/** A name as a piece of a regular expression that matches it and nothing else. */
export const namePattern = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A single-quoted literal, right whatever `standard_conforming_strings` says. */
export function literal(text: string): string {
  assertNoNul(text);
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return text.includes("\\") ? ` E${quoted}` : quoted;
}

function assertNoNul(text: string): void {
  if (!text.includes("\0")) return;
  throw new TestDbError("OPTION_INVALID", {
    what: "A name or literal with a NUL byte cannot be sent to Postgres",
    next: "look for \\0 in what you gave: it isn't shown here, since it may be a password",
  });
}

/** A value in a connection string of libpq's. */
export function conninfoValue(value: string): string {
  assertNoNul(value);
  return `'${value.replace(/['\\]/g, "\\$&")}'`;
}

/** A word of a command line in an error's next step: a shell takes the word as it is. */
export const shellWord = (text: string): string =>
  /^[\w./:@%+,=][\w./:@%+,=-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A query with `$1`, `$2` … replaced by literals, for where no parameters can be sent. */
export const withLiterals = (query: string, values: readonly string[]): string =>
  query.replace(/\$(\d+)/g, (_, number: string) => literal(values[Number(number) - 1] ?? ""));
