/** Has the errors of a query say in which unit it failed: of many suites at once, the unit is what leads to the rows. */

/** What of postgres.js' query is used: it is rejected by this method of its own. */
interface PendingQuery {
  readonly handler?: unknown;
  reject(error: unknown): void;
}

/** The query, whose error has the unit's name as a property of its own. An identifier or a fragment is no query. */
export function tellUnit<Query>(query: Query, unit: string | undefined): Query {
  const pending = query as PendingQuery;
  if (unit === undefined || typeof pending.handler !== "function") return query;
  const { reject } = pending;
  pending.reject = (error) =>
    reject(typeof error === "object" && error !== null ? Object.assign(error, { unit }) : error);
  return query;
}
