/** Parameters as text, as both drivers send them: Postgres reads them by the type that the query gives them. */
import { literal } from "../../sql/identifiers.ts";

export const literalOf = (value: unknown): string =>
  value === null || value === undefined ? "null" : literal(textOf(value));

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return `{${value.map(elementOf).join(",")}}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function elementOf(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return textOf(value);
  return `"${textOf(value).replace(/["\\]/g, "\\$&")}"`;
}
