/** What is used of a `db`: what both drivers' have, in both lines of Drizzle. */
import type { SQL } from "drizzle-orm";

export interface Transactional {
  execute(query: SQL): PromiseLike<unknown>;
  transaction<Result>(work: (transaction: unknown) => Promise<Result>): Promise<Result>;
}
