/** Checks of an error's kind, by its SQLSTATE: each says what was expected and what came instead, in the words of what Postgres reported. */
import { wordsOf } from "../errors.ts";
import { type Failed, failureOf } from "./attempt.ts";
import type { Outcome } from "./check.ts";
import {
  any,
  anyOf,
  byColumn,
  byKey,
  byName,
  keyOf,
  matches,
  type NameOrPattern,
  type NotNullKey,
  type UniqueKey,
  type Wanted,
} from "./constraint-key.ts";
import { type DatabaseError, databaseError, linesOf } from "./database-error.ts";

/** A kind of failure: its SQLSTATEs, and what happened in words. */
interface Kind {
  readonly codes: readonly string[];
  came(error: DatabaseError): string;
}

const violated =
  (kind: string) =>
  ({ constraint }: DatabaseError): string =>
    constraint === undefined ? `${anyOf(`the ${kind}`)} was violated` : `the ${kind} "${constraint}" was violated`;

const UNIQUE: Kind = { codes: ["23505"], came: violated("unique constraint") };
/** Since PostgreSQL 18 ON DELETE RESTRICT has a code of its own. */
const FOREIGN_KEY: Kind = { codes: ["23503", "23001"], came: violated("foreign key") };
const CHECK: Kind = { codes: ["23514"], came: violated("check") };
const EXCLUSION: Kind = { codes: ["23P01"], came: violated("exclusion constraint") };
const NOT_NULL: Kind = {
  codes: ["23502"],
  came: ({ table, column }) =>
    column === undefined ? "a NOT NULL constraint was violated" : `"${table}"."${column}", which is NOT NULL, was NULL`,
};
const SERIALIZATION: Kind = { codes: ["40001"], came: () => "the transaction failed to serialize" };
const DEADLOCK: Kind = { codes: ["40P01"], came: () => "there was a deadlock" };
const KINDS: readonly Kind[] = [UNIQUE, FOREIGN_KEY, CHECK, EXCLUSION, NOT_NULL, SERIALIZATION, DEADLOCK];

/** Whether a unique constraint, a unique index or a primary key refused a row. */
export async function violatesUnique(received: unknown, by?: UniqueKey): Promise<Outcome> {
  // first: a promise for which nothing waited would be reported beside the error of byKey()
  const failed = await failureOf(received);
  return outcomeOf(failed, UNIQUE, violationOf(byKey("the unique constraint", by)));
}

/** Whether a foreign key refused a row, or the removal of one. */
export const violatesForeignKey = (received: unknown, by?: NameOrPattern): Promise<Outcome> =>
  isOfKind(received, FOREIGN_KEY, violationOf(byName("the foreign key", by)));

/** Whether a check refused a row, or a value of a domain. */
export const violatesCheck = (received: unknown, by?: NameOrPattern): Promise<Outcome> =>
  isOfKind(received, CHECK, violationOf(byName("the check", by)));

/** Whether a column refused NULL. */
export const violatesNotNull = (received: unknown, by?: NotNullKey): Promise<Outcome> =>
  isOfKind(received, NOT_NULL, violationOf(byColumn("the NOT NULL constraint", by)));

/** Whether an exclusion constraint refused a row. */
export const violatesExclusion = (received: unknown, by?: NameOrPattern): Promise<Outcome> =>
  isOfKind(received, EXCLUSION, violationOf(byName("the exclusion constraint", by)));

/** Whether a transaction could not be put in an order with others, as REPEATABLE READ and SERIALIZABLE ask. */
export const failsToSerialize = (received: unknown): Promise<Outcome> =>
  isOfKind(received, SERIALIZATION, any("a failure to serialize"));

/** Whether two transactions waited for each other. */
export const deadlocks = (received: unknown): Promise<Outcome> => isOfKind(received, DEADLOCK, any("a deadlock"));

/** Whether Postgres reported an error: any, one with an SQLSTATE, or one whose message has a text or matches a pattern. */
export const isDatabaseError = (received: unknown, by?: NameOrPattern): Promise<Outcome> =>
  isOfKind(received, { codes: [] }, databaseErrorBy(by));

function databaseErrorBy(by: NameOrPattern | undefined): Wanted {
  const words = "a database error";
  if (by === undefined) return any(words);
  if (typeof by === "string" && /^[0-9A-Z]{5}$/.test(by)) {
    return { words: `${words} with the SQLSTATE ${by}`, fields: { code: by }, isIn: ({ code }) => code === by };
  }
  return typeof by === "string"
    ? { words: `${words} that says "${by}"`, fields: {}, isIn: ({ message }) => message.includes(by) }
    : { words: `${words} that matches ${by}`, fields: {}, isIn: ({ message }) => matches(by, message) };
}

const violationOf = (wanted: Wanted): Wanted => ({ ...wanted, words: `a violation of ${wanted.words}` });

/** Without a code: any. */
const isOfKind = async (received: unknown, kind: Pick<Kind, "codes">, wanted: Wanted): Promise<Outcome> =>
  outcomeOf(await failureOf(received), kind, wanted);

function outcomeOf(failed: Failed | undefined, { codes }: Pick<Kind, "codes">, wanted: Wanted): Outcome {
  const error = failed && databaseError(failed.thrown);
  const isKind = error !== undefined && (codes.length === 0 || codes.includes(error.code));
  if (isKind && wanted.isIn(error)) {
    return { pass: true, message: () => `Expected anything but ${wanted.words}.\n\n${linesOf(error)}` };
  }
  const message = (): string => {
    if (!failed) return `Expected ${wanted.words}, but nothing failed.`;
    if (!error)
      return `Expected ${wanted.words}, but what was thrown is no database error: ${thrownWords(failed.thrown)}`;
    return `Expected ${wanted.words}, but ${(isKind && wanted.doubtOf?.(error)) || came(error)}.\n\n${linesOf(error)}`;
  };
  if (!error) return { pass: false, message };
  const code = isKind ? error.code : codes[0];
  const expected = { ...(codes.length > 0 && { code }), ...wanted.fields };
  const fields: Readonly<Record<string, unknown>> = { ...error, columns: columnsOf(error) };
  const actual = Object.fromEntries(Object.keys(expected).map((name) => [name, fields[name]]));
  return { pass: false, message, ...(Object.keys(expected).length > 0 && { actual, expected }) };
}

/** Undefined where the report doesn't tell. */
function columnsOf(error: DatabaseError): string[] | undefined {
  const columns = keyOf(error);
  return columns.length > 0 ? columns.sort() : undefined;
}

const said = ({ message }: DatabaseError): string => `Postgres said: ${message}`;

const came = (error: DatabaseError): string =>
  (KINDS.find(({ codes }) => codes.includes(error.code))?.came ?? said)(error);

const thrownWords = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${wordsOf(thrown)}` : wordsOf(thrown);
