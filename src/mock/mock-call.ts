/** What is known of a call: plain data, safe to print and to compare. SQL in it is text with its parameters. */

/** What was asked of the database. */
export type MockOperation =
  | "select"
  | "insert"
  | "update"
  | "delete"
  | "findMany"
  | "findFirst"
  | "count"
  | "execute"
  | "refreshMaterializedView"
  | "transaction"
  | "setTransaction";

/** A piece of SQL, as Drizzle writes it. */
export interface MockCondition {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/**
 * One call of the database, in the order in which they were made. What a call does not have is left out.
 *
 * @example
 * ```ts
 * expect(mock.calls).toMatchObject([{ operation: "insert", table: "users", values: [{ name: "Ada" }] }]);
 * ```
 */
export interface MockCall {
  readonly operation: MockOperation;
  /** The name in the database, of the table, view, alias or subquery. */
  readonly table?: string;
  /** What Drizzle would send. Empty for `transaction` and `setTransaction`. */
  readonly sql: string;
  /** The parameters as they would be sent, placeholders filled in. */
  readonly params: readonly unknown[];
  /** How many transactions the call is in: 0 outside of any. A `transaction` counts itself. */
  readonly transaction: number;
  /** Of an insert: always a list. A value that is SQL is a {@link MockCondition}. */
  readonly values?: readonly Readonly<Record<string, unknown>>[];
  /** Of an update. A value that is SQL is a {@link MockCondition}. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Of a select, update or delete whose condition was given as SQL. */
  readonly where?: MockCondition;
  /** Of a write: whether it was asked for rows. */
  readonly returning?: boolean;
  /** Of `findMany`, `findFirst`, `transaction` and `setTransaction`: what was passed. */
  readonly config?: unknown;
  /** Of a `transaction`. */
  readonly outcome?: "open" | "committed" | "rolled back";
}
