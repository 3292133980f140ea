/** The one table of matchers: by their names, the checks that all runners get. A check that is missing here has no matcher. */
import { isServedByAnIndex } from "../plans/is-served-by-an-index.ts";
import { repeatsNoQuery } from "../queries/repeats-no-query.ts";
import { runsAtMost } from "../queries/runs-at-most.ts";
import type { Check } from "./check.ts";
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

export interface Matchers {
  /**
   * That a unique constraint, a unique index or a primary key refused a row: any, one by its name, or the one on these columns of the
   * schema. Takes an error, a promise, a query, or a function that returns one.
   *
   * @example
   * ```ts
   * await expect(db.insert(users).values({ email: "ada@example.com" })).toViolateUnique(users.email);
   * ```
   */
  readonly toViolateUnique: typeof violatesUnique;
  /** That a foreign key refused a row, or the removal of one: any, or one by its name. */
  readonly toViolateForeignKey: typeof violatesForeignKey;
  /** That a check refused a row, or a value of a domain: any, or one by its name. */
  readonly toViolateCheck: typeof violatesCheck;
  /** That a column refused NULL: any, one by its name, or a column of the schema. */
  readonly toViolateNotNull: typeof violatesNotNull;
  /** That an exclusion constraint refused a row: any, or one by its name. */
  readonly toViolateExclusion: typeof violatesExclusion;
  /** That a transaction of REPEATABLE READ or SERIALIZABLE could not be put in an order with others. */
  readonly toFailToSerialize: typeof failsToSerialize;
  /** That two transactions waited for each other, and this one was ended. */
  readonly toDeadlock: typeof deadlocks;
  /** That Postgres reported an error: any, one with an SQLSTATE (`"42P01"`), or one whose message has a text or matches a pattern. */
  readonly toBeDatabaseError: typeof isDatabaseError;
  /** That some work runs no more than so many queries: a function, which is run once. */
  readonly toRunAtMost: typeof runsAtMost;
  /** That no query of some work runs more than once, or more than `times`: a function, which is run once. */
  readonly toRepeatNoQuery: typeof repeatsNoQuery;
  /** That indexes serve a query that was not sent, or all queries of a function, whatever the number of rows. `db` is where they are planned. */
  readonly toBeServedByAnIndex: typeof isServedByAnIndex;
}

export const MATCHERS: Matchers = {
  toViolateUnique: violatesUnique,
  toViolateForeignKey: violatesForeignKey,
  toViolateCheck: violatesCheck,
  toViolateNotNull: violatesNotNull,
  toViolateExclusion: violatesExclusion,
  toFailToSerialize: failsToSerialize,
  toDeadlock: deadlocks,
  toBeDatabaseError: isDatabaseError,
  toRunAtMost: runsAtMost,
  toRepeatNoQuery: repeatsNoQuery,
  toBeServedByAnIndex: isServedByAnIndex,
};

/** The matchers as `expect()` has them: without what was received, and to be awaited. */
export type ExpectMatchers = {
  readonly [Name in keyof Matchers]: Matchers[Name] extends Check<never, infer Args>
    ? (...args: Args) => Promise<void>
    : never;
};
