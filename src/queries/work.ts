/** What a check on queries is given: a function, since a promise has sent its queries by then. */
import { TestDbError } from "../errors.ts";

export type Work = () => unknown;

/** @throws TestDbError `OPTION_INVALID` where it is no function */
export function assertWork(received: unknown, matcher: string): asserts received is Work {
  if (typeof received === "function") return;
  throw new TestDbError("OPTION_INVALID", {
    what: `${matcher}() wants a function that runs the queries, and got ${received === null ? "null" : `a value of the type ${typeof received}`}`,
    why: "a call that was made already has sent queries that nobody counted",
    next: `await expect(() => service.listTeams()).${matcher}(…)`,
  });
}
