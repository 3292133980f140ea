/**
 * How many cases each property of what parses other people's text is tried with, all in one place: the sum is part of the
 * promise, and a test adds it up. `FUZZ_TIMES=20` makes it twenty times as many.
 */
import type { Parameters } from "fast-check";
import fc from "fast-check";
import { TestDbError } from "../../src/errors.ts";

export const CASES = {
  "replay: any text": 20_000,
  "replay: bodies under two names": 10_000,
  "tokens: nothing is lost": 8_000,
  "tokens: each stands for itself": 4_000,
  "tokens: literals go together again": 4_000,
  "statements: no token is lost": 4_000,
  "identifiers: one of that name": 4_000,
  "identifiers: a literal is read back": 4_000,
  "identifiers: a connection string's value is read back": 4_000,
  "identifiers: whole statements are read back": 4_000,
  "identifiers: a unit's name": 4_000,
  "URLs: written and read": 4_000,
  "URLs: settings": 3_000,
  "URLs: passwords": 6_000,
  "URLs: any spelling of a target": 6_000,
  "URLs: broken": 12_000,
  "URLs: the guard": 6_000,
  "journals: broken text": 4_000,
  "journals: entries of any kind": 4_000,
  "journals: broken folders": 3_000,
  "shapes: any two values": 2_000,
} as const;

const TIMES = Number(process.env["FUZZ_TIMES"] ?? 1);

/** The number of cases for a property, as fast-check wants it. */
export const runs = <T>(name: keyof typeof CASES): Parameters<T> => ({ numRuns: CASES[name] * TIMES });

/** How long a property may take on a busy machine, in milliseconds. */
export const PATIENCE: number = 60_000 * Math.max(1, TIMES);

/** What `work` returns; undefined where it fails in the only way it may. */
export function orTestDbError<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof TestDbError && error.message.includes(`\n  code: ${error.code}`)) return undefined;
    throw error;
  }
}

/** Text that was right once: a piece cut out, doubled, moved or replaced, or its end gone. */
export const broken = (text: fc.Arbitrary<string>, splinters: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      text,
      fc.array(
        fc.record({
          how: fc.constantFrom("cut", "double", "move", "replace", "insert", "end"),
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.nat({ max: 24 }),
          to: fc.double({ min: 0, max: 1, noNaN: true }),
          splinter: splinters,
        }),
        { minLength: 1, maxLength: 4 },
      ),
    )
    .map(([whole, changes]) => {
      let now = whole;
      for (const { how, at: where, length, to, splinter } of changes) {
        const at = Math.floor(where * now.length);
        const [before, piece, after] = [now.slice(0, at), now.slice(at, at + length), now.slice(at + length)];
        if (how === "cut") now = before + after;
        else if (how === "double") now = before + piece + piece + after;
        else if (how === "replace") now = before + splinter + after;
        else if (how === "insert") now = before + splinter + piece + after;
        else if (how === "end") now = before;
        else {
          const rest = before + after;
          const target = Math.floor(to * rest.length);
          now = rest.slice(0, target) + piece + rest.slice(target);
        }
      }
      return now;
    });
