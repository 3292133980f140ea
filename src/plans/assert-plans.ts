/** The matcher on plans as a function, for runners without `expect()`: it throws what the matcher says. */
import { asserting } from "../assertions/check.ts";
import type { Work } from "../queries/work.ts";
import type { Database } from "./explain.ts";
import { type Buildable, isServedByAnIndex, type ServedOptions } from "./is-served-by-an-index.ts";

/**
 * Asserts that indexes serve a query, or all queries that a function runs.
 *
 * @throws AssertionError with the tables that are read from end to end, and the index that would serve
 *
 * @example
 * ```ts
 * await assertServedByAnIndex(db.select().from(members).where(eq(members.teamId, 1)), db);
 * ```
 */
export const assertServedByAnIndex: (query: Buildable | Work, db: Database, options?: ServedOptions) => Promise<void> =
  asserting(isServedByAnIndex);
