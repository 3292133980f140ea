/** Errors of ours that come from what Postgres, or the connection to it, said. */
import { TestDbError, type TestDbErrorCode, wordsOf } from "../errors.ts";
import { remedyFor } from "./remedies.ts";
import { postgresError, postgresWords } from "./sqlstate.ts";

/** The words of whatever was thrown: Postgres' own, with its code, where there are any. */
export function causeWords(error: unknown): string {
  const refused = postgresError(error);
  return refused ? postgresWords(refused) : wordsOf(error);
}

/** What failed by name, what may be added to the words of the cause, and the next line to type. */
export interface FailureParts {
  readonly what: string;
  readonly why?: string | false | undefined;
  readonly next?: string | undefined;
}

/** An error of ours with the words of its cause. Where the server has run out of something, only its remedy helps. */
export const failure = (code: TestDbErrorCode, { what, why, next }: FailureParts, cause: unknown): TestDbError =>
  new TestDbError(code, {
    what,
    why: [causeWords(cause), why].filter(Boolean).join("\n"),
    next: remedyFor(cause) ?? next,
    cause,
  });
