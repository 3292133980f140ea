/** An answer to one of the questions that `check` asks of a project's migrations. */
import type { Finding } from "../findings/finding.ts";

export type Question = "schema" | "replay" | "journal" | "branches";

export interface Answer {
  readonly question: Question;
  /** `found`: at least one error. `failed`: the question was asked, and could not be answered. */
  readonly status: "ok" | "found" | "not asked" | "failed";
  readonly findings: readonly Finding[];
  /** Why the question, or a part of it, was not asked, or what failed. */
  readonly why?: string;
  /** The next line to type. */
  readonly next?: string;
}

/** @param untold - why a part of the question was not asked */
export const answered = (question: Question, findings: readonly Finding[], untold?: string): Answer => ({
  question,
  status: findings.some(({ level }) => level === "error") ? "found" : "ok",
  findings,
  ...(untold ? { why: untold } : {}),
});

export const notAsked = (question: Question, why: string, next?: string): Answer => ({
  question,
  status: "not asked",
  findings: [],
  why,
  ...(next === undefined ? {} : { next }),
});

export const failed = (question: Question, why: string, next?: string): Answer => ({
  ...notAsked(question, why, next),
  status: "failed",
});
