/** The matchers on queries as functions, for runners without `expect()`: each throws what its matcher says. */
import { asserting } from "../assertions/check.ts";
import { type RepeatOptions, repeatsNoQuery } from "./repeats-no-query.ts";
import { runsAtMost } from "./runs-at-most.ts";
import type { Work } from "./work.ts";

/**
 * Asserts that some work runs no more than so many queries.
 *
 * @throws AssertionError with all queries, by their shape
 *
 * @example
 * ```ts
 * await assertRunsAtMost(() => service.listTeams(), 3);
 * ```
 */
export const assertRunsAtMost: (work: Work, most: number) => Promise<void> = asserting(runsAtMost);

/**
 * Asserts that no query runs more than once, or more than `times`, with the same values or with others.
 *
 * @throws AssertionError with the queries that do, and their parameters
 *
 * @example
 * ```ts
 * await assertRepeatsNoQuery(() => service.listTeams());
 * ```
 */
export const assertRepeatsNoQuery: (work: Work, options?: RepeatOptions) => Promise<void> = asserting(repeatsNoQuery);
