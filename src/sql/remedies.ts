/** What a server has run out of, by Postgres' own word, and what mends that. Trying again does not. */
import { type PostgresError, postgresError, SQLSTATE } from "./sqlstate.ts";

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
  return refused && (of.find(([, words]) => words.test(wordsOf(refused))) ?? of.at(-1))?.[2];
}

/** The same of words in which an error of Postgres' was reported. */
export const remedyInWords = (words: string): string | undefined =>
  REMEDIES.find(([, pattern]) => pattern.test(words))?.[2];

/** Whether the server's table of locks was too small for a transaction; smaller ones may fit. */
export const isOutOfLocks = (error: unknown): boolean => {
  const refused = postgresError(error);
  return refused?.code === SQLSTATE.outOfMemory && /max_locks_per_transaction/.test(wordsOf(refused));
};

const wordsOf = ({ message, hint = "" }: PostgresError): string => `${message} ${hint}`;
