/** A line of Drizzle with the mock on it, as the conformance suites want to know it. */
import type * as Orm from "drizzle-orm";
import type * as PgCore from "drizzle-orm/pg-core";
import type { MockDb } from "../../src/mock/mock-db.ts";
import type { postgresError } from "../../src/mock/postgres-error.ts";
import type { AnyDb } from "../drivers/conformance.ts";
import type { Tables } from "../drivers/tables.ts";

export interface MockSubject {
  readonly name: string;
  readonly orm: typeof Orm;
  readonly core: typeof PgCore;
  createMockDb(options?: object): MockDb;
  readonly postgresError: typeof postgresError;
  /** The option that types `db.query`. */
  typedBy(tables: Tables): object;
  /** Databases of Drizzle's own, of either driver, and the mock's options that make it write as the driver does. */
  real(options: object): readonly { readonly db: AnyDb; readonly drizzle?: object }[];
}

/** The mock, as far as both lines are alike. */
export type Db = AnyDb & {
  query: { owners: Relational; cats: Relational };
  transaction<T>(use: (tx: Db & { rollback(): never }) => Promise<T>, config?: object): Promise<T>;
};
interface Relational {
  findMany(
    config?: object,
  ): PromiseLike<unknown> & { prepare(name: string): { execute(by?: object): Promise<unknown> } };
  findFirst(config?: object): PromiseLike<unknown>;
}

export const ADA = { id: 1, name: "Ada", mood: "calm" as const };
export const BOB = { id: 2, name: "Bob", mood: null };

/** What a query says that has no stub. */
export const refusal = (work: PromiseLike<unknown>): Promise<string> =>
  Promise.resolve(work).then(
    () => "it was answered",
    (error: Error & { code?: string }) => (error.code === "NOT_STUBBED" ? error.message : `${error}`),
  );
