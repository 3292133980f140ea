/** What a check found: that all is well, something to know, or what would stop a suite. */
import { partsOf, TestDbError, wordsOf } from "../errors.ts";

export interface Finding {
  /** `note`: suites run all the same. `problem`: they would fail, or not run though they were asked for. */
  readonly level: "ok" | "note" | "problem";
  /** One sentence, without the final full stop. */
  readonly what: string;
  readonly why?: string | undefined;
  /** The next line to type, or the next thing to do. */
  readonly next?: string | undefined;
}

type More = Pick<Finding, "why" | "next">;

export const ok = (what: string, more: More = {}): Finding => ({ level: "ok", what, ...more });
export const note = (what: string, more: More = {}): Finding => ({ level: "note", what, ...more });
export const problem = (what: string, more: More = {}): Finding => ({ level: "problem", what, ...more });

/** What would be thrown by a suite. */
export function problemOf(error: unknown): Finding {
  const parts = error instanceof TestDbError ? partsOf.get(error) : undefined;
  if (!parts) return problem(wordsOf(error));
  const { what, why, next } = parts;
  return problem(what, { why, next });
}

/** Whatever ended a check that it was not made for. */
export const unfinished = (error: unknown): Finding =>
  error instanceof TestDbError
    ? problemOf(error)
    : note("This could not be looked at to its end", { why: wordsOf(error) });
