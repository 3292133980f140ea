/** What is used of a `db`: what both drivers' have, in both lines of Drizzle. */
import type { SQL } from "drizzle-orm";

export interface Transactional {
  execute(query: SQL): PromiseLike<unknown>;
  transaction<Result>(work: (transaction: unknown) => Promise<Result>): Promise<Result>;
}

/** The rows of what `execute()` answers: postgres.js' answer is an array, node-postgres' has one. */
export const rowsOf = <Row>(answered: unknown): readonly Row[] =>
  Array.isArray(answered) ? answered : ((answered as { readonly rows?: Row[] }).rows ?? []);
