/** A query that is run once for each row of another: one with a join, or with a list, would do. */
import { inspect } from "node:util";
import type { Outcome } from "../assertions/check.ts";
import { TestDbError } from "../errors.ts";
import { counted } from "../words.ts";
import { captureQueries } from "./capture.ts";
import { type Group, groupsOf, linesOf, shortened } from "./group.ts";
import { assertWork, type Work } from "./work.ts";

export interface RepeatOptions {
  /**
   * How often a query may run, counting those that differ in values alone.
   * `@default 1`
   */
  readonly times?: number;
}

/**
 * That no query runs more than once (N+1), be it with the same values or with others. Queries are the same where they differ in
 * literals, parameters, the length of a list or the number of inserted rows.
 *
 * What the work reads has to have at least two rows: one row is no repetition.
 *
 * @throws TestDbError `OPTION_INVALID`, `DRIVER_NOT_INSTALLED`; and whatever `work` throws
 *
 * @example
 * ```ts
 * await expect(() => service.listTeams()).toRepeatNoQuery();
 * await expect(() => service.importTeams(file)).toRepeatNoQuery({ times: 2 });
 * ```
 */
export async function repeatsNoQuery(work: Work, { times = 1 }: RepeatOptions = {}): Promise<Outcome> {
  assertWork(work, "toRepeatNoQuery");
  if (!Number.isInteger(times) || times < 1) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The option times of toRepeatNoQuery() is how often a query may run, from 1 on, and got ${String(times)}`,
      next: "toRepeatNoQuery({ times: 2 })",
    });
  }
  const { queries } = await captureQueries(work);
  const repeated = groupsOf(queries).filter(({ queries }) => queries.length > times);
  const allowed = times === 1 ? "once" : counted(times, "time", "times");
  return {
    pass: repeated.length === 0,
    message: () =>
      repeated.length === 0
        ? `No query ran more than ${allowed}, of ${counted(queries.length, "query", "queries")}`
        : [
            `${counted(repeated.length, "query", "queries")} ran more than ${allowed}:`,
            ...repeated.flatMap((group) => ["", ...linesOf(group), ...parametersOf(group)]),
          ].join("\n"),
  };
}

const MOST_SHOWN = 5;

/** What differs between the queries of a group, and how much of that there is. */
function parametersOf({ queries }: Group): string[] {
  const all = queries.map(({ parameters }) =>
    parameters
      .map((value, index) => `$${index + 1} = ${shortened(inspect(value, { breakLength: Infinity }), 60)}`)
      .join(", "),
  );
  const distinct = [...new Set(all)].filter((shown) => shown !== "");
  if (distinct.length === 0) return [];
  const more = distinct.length - MOST_SHOWN;
  return [
    distinct.length === 1 ? "      each with" : `      with ${distinct.length} different sets of parameters`,
    ...distinct.slice(0, MOST_SHOWN).map((shown) => `        ${shown}`),
    ...(more > 0 ? [`        and ${more} more`] : []),
  ];
}
