/** How many queries some work may run. */
import type { Outcome } from "../assertions/check.ts";
import { TestDbError } from "../errors.ts";
import { counted } from "../words.ts";
import { captureQueries } from "./capture.ts";
import { groupsOf, linesOf } from "./group.ts";
import { assertWork, type Work } from "./work.ts";

/**
 * That some work runs no more than so many queries, whatever sends them: {@link captureQueries} says what is counted.
 *
 * @throws TestDbError `OPTION_INVALID`, `DRIVER_NOT_INSTALLED`; and whatever `work` throws
 *
 * @example
 * ```ts
 * await expect(() => service.listTeams()).toRunAtMost(3);
 * ```
 */
export async function runsAtMost(work: Work, most: number): Promise<Outcome> {
  assertWork(work, "toRunAtMost");
  if (!Number.isInteger(most) || most < 0) {
    throw new TestDbError("OPTION_INVALID", {
      what: `toRunAtMost() wants a number of queries, and got ${String(most)}`,
      next: "toRunAtMost(3)",
    });
  }
  const { queries } = await captureQueries(work);
  const { length } = queries;
  const expected = length > most ? `at most ${most}` : `more than ${most}`;
  return {
    pass: length <= most,
    message: () =>
      [
        `${counted(length, "query", "queries")} ran, and ${expected} ${most === 1 ? "was" : "were"} expected${length > 0 ? ":" : ""}`,
        ...groupsOf(queries).flatMap((group) => ["", ...linesOf(group)]),
      ].join("\n"),
    actual: length,
    expected: most,
  };
}
