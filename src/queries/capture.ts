/**
 * The queries of some work are those that a driver is given while the work runs, in its own asynchronous context: two tests that
 * run side by side see nothing of each other, and it does not matter which client sends a query, or what is above that client.
 */
import { TestDbError } from "../errors.ts";
import { now } from "../timers.ts";
import { CallSites } from "./call-sites.ts";
import { type Capture, capturing, type Sent } from "./capturing.ts";
import { findDrivers } from "./find-drivers.ts";
import { isControl } from "./is-control.ts";

/** A query, as a driver was given it. */
export interface CapturedQuery {
  /** With `$1`, `$2` … where its parameters are. */
  readonly text: string;
  /** As the driver was given them; as text where they are of a postgres.js template that holds fragments. */
  readonly parameters: readonly unknown[];
  /**
   * Which line asked for it: the first that is of no package, as `src/teams.ts:14:22`, from the working directory. Absent where
   * that is not known: on Bun and Deno, as a rule.
   */
  readonly source?: string;
  /** Milliseconds since the work began. */
  readonly at: number;
}

export interface Captured<Result> {
  /** What the work returned. */
  readonly result: Result;
  /** In the order in which drivers were given them. */
  readonly queries: readonly CapturedQuery[];
}

/**
 * Runs some work, and tells which queries it sent by postgres.js or node-postgres: by Drizzle or without, by `testDb.db`, by
 * `testDb.connect()`, or by a client of the application's own.
 *
 * Not among them are what begins, ends or divides a transaction (`begin`, `commit`, `savepoint` …), what postgres.js asks for itself
 * when it connects, and what this library does: `reset()`, `begin()`, `withTestDb()`.
 *
 * @throws TestDbError `DRIVER_NOT_INSTALLED` where neither driver is found; and whatever `work` throws
 *
 * @example
 * ```ts
 * const { result, queries } = await captureQueries(() => service.listTeams());
 * expect(result).toHaveLength(2);
 * expect(queries.map(({ text }) => text)).toEqual(['select "id", "name" from "teams"']);
 * ```
 */
export async function captureQueries<Result>(
  work: () => PromiseLike<Result> | Result,
): Promise<Captured<Awaited<Result>>> {
  const outer = capturing().context.getStore() ?? undefined;
  const sites = outer?.sites ?? new CallSites();
  const asked = sites.here();
  const drivers = await findDrivers();
  if (drivers.length === 0) throw noDriver();
  const sent: { readonly query: Sent; readonly source: string | undefined; readonly at: number }[] = [];
  const begun = now();
  const capture: Capture = {
    outer,
    sites,
    isOver: false,
    note: (query) => sent.push({ query, source: sites.find() ?? asked, at: now() - begun }),
  };
  const stop = capturing().start(drivers);
  try {
    const result = await capturing().context.run(capture, async () => await work());
    // only now postgres.js has made the text of every template
    const queries = sent.map(
      ({ query, source, at }): CapturedQuery => ({
        text: query.text(),
        parameters: query.parameters(),
        ...(source === undefined ? {} : { source }),
        at,
      }),
    );
    return { result, queries: queries.filter(({ text }) => !isControl(text)) };
  } finally {
    capture.isOver = true;
    stop();
  }
}

const noDriver = (): TestDbError =>
  new TestDbError("DRIVER_NOT_INSTALLED", {
    what: "No queries can be captured: neither postgres nor pg is found from where with-test-db is",
    why: "a query is seen where the driver is given it",
    next: "npm install --save-dev postgres, or pg",
  });
