/** What of a parameter is noted: enough to know whether it is always the same, or always the time of the run. */
import { NOW } from "../sql/alterations/proposal.ts";

/** How far from the time of the run, in milliseconds: a test may add or take an hour. */
const NEAR = 60_000;
const LONGEST = 40;

/** Absent for what is no short text, number or time. */
export function shortValue(value: unknown): string | null {
  if (value instanceof Date) return timeOf(value.getTime(), value.toISOString());
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value !== "string" || value.length > LONGEST) return null;
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? timeOf(Date.parse(value), value) : value;
}

const timeOf = (time: number, text: string): string => (Math.abs(Date.now() - time) < NEAR ? NOW : text);
