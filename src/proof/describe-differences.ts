/** Differences in words, for a message. */
import type { Difference } from "./differences-between.ts";

/** The differences in words, the first ten of them. */
export function describeDifferences(differences: readonly Difference[]): string {
  const lines = differences.slice(0, TOLD).map((difference) => describeDifference(difference));
  if (differences.length > TOLD) lines.push(`and ${differences.length - TOLD} more`);
  return lines.join("\n");
}

/** How many differences a message tells in full. */
const TOLD = 10;
const LONGEST = 160;

/** @param made - what is compared with the migrations */
export function describeDifference({ kind, name, how, origin, unit }: Difference, made = "unit"): string {
  const what = `${kind} ${name}`;
  if (how === "missing") return `${what} is missing`;
  if (how === "extra") return `${what} is not in what the migrations made`;
  return [`${what} differs`, origin && `migrations: ${short(origin)}`, unit && `${made}: ${short(unit)}`]
    .filter(Boolean)
    .join(" | ");
}

const short = (words: string): string => {
  const line = words.replace(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
};
