/** The steps from one list of words to another, of which the most are kept. */
import type { Word } from "./sql-words.ts";

export type Step =
  | { readonly change: "same"; readonly word: Word; readonly other: Word }
  | { readonly change: "removed" | "added"; readonly word: Word };

/** What is the same at both ends is most of a query. */
export function stepsBetween(before: readonly Word[], after: readonly Word[]): Step[] {
  const shorter = Math.min(before.length, after.length);
  const isSame = (a: number, b: number): boolean => before[a]?.key === after[b]?.key;
  let head = 0;
  while (head < shorter && isSame(head, head)) head++;
  let tail = 0;
  while (tail < shorter - head && isSame(before.length - 1 - tail, after.length - 1 - tail)) tail++;
  return [
    ...together(before.slice(0, head), after.slice(0, head)),
    ...between(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...together(before.slice(before.length - tail), after.slice(after.length - tail)),
  ];
}

const together = (before: readonly Word[], after: readonly Word[]): Step[] =>
  before.map((word, at) => ({ change: "same", word, other: after[at] ?? word }));

/** Pairs of words that are compared at most: a list of ten thousand values would take seconds. */
const MOST_PAIRS = 1_000_000;

/** By the longest sequence of words that both have. */
function between(before: readonly Word[], after: readonly Word[]): Step[] {
  if (before.length * after.length > MOST_PAIRS) return [...before.map(step("removed")), ...after.map(step("added"))];
  const lengths = commonLengths(before, after);
  const found: Step[] = [];
  let [a, b] = [0, 0];
  for (let word = before[a], other = after[b]; word || other; word = before[a], other = after[b]) {
    if (word && other && word.key === other.key) {
      found.push({ change: "same", word, other });
      a++;
      b++;
    } else if (word && (!other || lengths(a + 1, b) >= lengths(a, b + 1))) {
      found.push({ change: "removed", word });
      a++;
    } else if (other) {
      found.push({ change: "added", word: other });
      b++;
    }
  }
  return found;
}

const step =
  (change: "removed" | "added") =>
  (word: Word): Step => ({ change, word });

/** How many words the rests from two places on have in common. */
function commonLengths(before: readonly Word[], after: readonly Word[]): (a: number, b: number) => number {
  const width = after.length + 1;
  const table = new Uint16Array((before.length + 1) * width);
  const at = (a: number, b: number): number => table[a * width + b] ?? 0;
  for (let a = before.length - 1; a >= 0; a--)
    for (let b = after.length - 1; b >= 0; b--)
      table[a * width + b] =
        before[a]?.key === after[b]?.key ? at(a + 1, b + 1) + 1 : Math.max(at(a + 1, b), at(a, b + 1));
  return at;
}
