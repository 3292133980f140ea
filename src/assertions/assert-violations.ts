/** The matchers on database errors as functions, for runners without `expect()`: each throws what its matcher says. */
import type { Attempt } from "./attempt.ts";
import { asserting } from "./check.ts";
import type { NameOrPattern, NotNullKey, UniqueKey } from "./constraint-key.ts";
import {
  deadlocks,
  failsToSerialize,
  isDatabaseError,
  violatesCheck,
  violatesExclusion,
  violatesForeignKey,
  violatesNotNull,
  violatesUnique,
} from "./violations.ts";

/**
 * Asserts that a unique constraint, a unique index or a primary key refused a row.
 *
 * @param by - the constraint's name, or the columns of the schema that it is on; any where it is left out
 * @throws AssertionError where nothing failed, or something else did
 *
 * @example
 * ```ts
 * await assertViolatesUnique(db.insert(users).values({ email: "ada@example.com" }), users.email);
 * ```
 */
export const assertViolatesUnique: (attempt: Attempt, by?: UniqueKey) => Promise<void> = asserting(violatesUnique);

/** Asserts that a foreign key refused a row, or the removal of one: any, or one by its name. */
export const assertViolatesForeignKey: (attempt: Attempt, by?: NameOrPattern) => Promise<void> =
  asserting(violatesForeignKey);

/** Asserts that a check refused a row, or a value of a domain: any, or one by its name. */
export const assertViolatesCheck: (attempt: Attempt, by?: NameOrPattern) => Promise<void> = asserting(violatesCheck);

/** Asserts that a column refused NULL: any, one by its name, or a column of the schema. */
export const assertViolatesNotNull: (attempt: Attempt, by?: NotNullKey) => Promise<void> = asserting(violatesNotNull);

/** Asserts that an exclusion constraint refused a row: any, or one by its name. */
export const assertViolatesExclusion: (attempt: Attempt, by?: NameOrPattern) => Promise<void> =
  asserting(violatesExclusion);

/** Asserts that a transaction of REPEATABLE READ or SERIALIZABLE could not be put in an order with others. */
export const assertFailsToSerialize: (attempt: Attempt) => Promise<void> = asserting(failsToSerialize);

/** Asserts that two transactions waited for each other, and that this one was ended. */
export const assertDeadlocks: (attempt: Attempt) => Promise<void> = asserting(deadlocks);

/** Asserts that Postgres reported an error: any, one with an SQLSTATE (`"42P01"`), or one whose message has a text or matches a pattern. */
export const assertDatabaseError: (attempt: Attempt, by?: NameOrPattern) => Promise<void> = asserting(isDatabaseError);
