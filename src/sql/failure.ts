/** A `TestDbError` from what Postgres, or the connection to it, reported; and what mends a shortage on the server. */
import { TestDbError, type TestDbErrorCode, type TestDbErrorParts, wordsOf } from "../errors.ts";
import { type PostgresError, postgresError, postgresWords, SQLSTATE } from "./sqlstate.ts";

/** What failed by name, what is added to the words of the cause, and the next line to type. */
type Parts = Pick<TestDbErrorParts, "what" | "next"> & { readonly why?: string | false | undefined };

/** A `TestDbError` with the words of its cause. Where the server has run out of something, only the remedy for that helps. */
export const failure = (code: TestDbErrorCode, { what, why, next }: Parts, cause: unknown): TestDbError =>
  new TestDbError(code, {
    what,
    why: [causeWords(cause), why].filter(Boolean).join("\n"),
    next: remedyFor(cause) ?? next,
    cause,
  });

/** The words of whatever was thrown: Postgres' own, with its code, where there are any. */
export function causeWords(error: unknown): string {
  const refused = postgresError(error);
  return refused ? postgresWords(refused) : wordsOf(error);
}

/** What a server runs out of, in Postgres' words, and what mends that. Trying again does not. */
const REMEDIES: readonly (readonly [code: string, words: RegExp, remedy: string])[] = [
  ["53100", /No space left|could not extend file/, "free some space on the server's disk"],
  [
    "53200",
    /max_locks_per_transaction/,
    "psql -c 'alter system set max_locks_per_transaction = 256', and restart that server; or isolation: \"database\", which needs few",
  ],
  ["53200", /out of memory/, "give the server more memory"],
  ["53400", /temp_file_limit/, "raise temp_file_limit, or ask for it at login: alter role … set temp_file_limit = -1"],
];

/** What to do about a failure that comes from a shortage on the server; undefined for any other. */
export function remedyFor(error: unknown): string | undefined {
  const refused = postgresError(error);
  const of = REMEDIES.filter(([code]) => refused?.code === code);
  return refused && (of.find(([, pattern]) => pattern.test(messageAndHint(refused))) ?? of.at(-1))?.[2];
}

/** The same for an error of Postgres' that a tool reported in words. */
export const remedyInWords = (words: string): string | undefined =>
  REMEDIES.find(([, pattern]) => pattern.test(words))?.[2];

/** Whether the server's table of locks was too small for a transaction; smaller ones may fit. */
export const isOutOfLocks = (error: unknown): boolean => {
  const refused = postgresError(error);
  return refused?.code === SQLSTATE.outOfMemory && /max_locks_per_transaction/.test(messageAndHint(refused));
};

const messageAndHint = ({ message, hint = "" }: PostgresError): string => `${message} ${hint}`;
