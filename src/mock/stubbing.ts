/** What may be stubbed, and by what: rows are typed by the table that they are of, or by the query that selects them. */
import type { MockCall, MockCondition } from "./mock-call.ts";

/** A value, or what makes it of the call that is to be answered. */
export type Answer<Value, Call = MockCall> = Value | ((call: Call) => Value | Promise<Value>);

/** What calls are answered with. */
export interface Stub<Value, Call = MockCall> {
  /** Answers with a value, typed as the query's own result, or with what a function makes of the call. */
  returns(answer: Answer<Value, Call>): void;
  /** Fails as a statement fails on a server: since drizzle-orm 0.44, with a `DrizzleQueryError` whose `cause` is the error. */
  rejects(error: Error): void;
}

/** What writes are answered with. */
export interface WriteStub<Row, Call = MockCall> extends Stub<readonly Row[], Call> {
  /** The number of rows that a write without `returning()` tells of: `count` of postgres.js, `rowCount` of node-postgres. */
  affects(rows: number): void;
}

/** A table or view: what has rows. */
export interface HasRows {
  readonly $inferSelect: Record<string, unknown>;
}

/** A table: what rows can be written to. */
export interface Writable extends HasRows {
  readonly $inferInsert: Record<string, unknown>;
}

/** A call that inserts, as the table types it. */
export interface InsertCall<TTable extends Writable> extends MockCall {
  readonly values: readonly TTable["$inferInsert"][];
}

/** A call that updates, as the table types it. */
export interface UpdateCall<TTable extends Writable> extends MockCall {
  readonly set: Partial<TTable["$inferInsert"]>;
  readonly where?: MockCondition;
}

/**
 * Says what is answered, each time or once. A stub for a table has whole rows of it, and answers every query of the operation that
 * selects columns of that table, all or some. Whatever else a query selects, joins, or brings by relations is stubbed by a query of
 * that shape. A query's conditions and order are not compared.
 */
export interface Stubbing<Db> {
  select<TSource extends HasRows>(source: TSource): Stub<readonly TSource["$inferSelect"][]>;
  insert<TTable extends Writable>(table: TTable): WriteStub<TTable["$inferSelect"], InsertCall<TTable>>;
  update<TTable extends Writable>(table: TTable): WriteStub<TTable["$inferSelect"], UpdateCall<TTable>>;
  delete<TTable extends Writable>(table: TTable): WriteStub<TTable["$inferSelect"]>;
  /** `db.query.<table>.findMany()` without `with` and `extras`. */
  findMany<TSource extends HasRows>(source: TSource): Stub<readonly TSource["$inferSelect"][]>;
  /** `db.query.<table>.findFirst()` without `with` and `extras`. */
  findFirst<TSource extends HasRows>(source: TSource): Stub<TSource["$inferSelect"] | undefined>;
  /** `db.$count()`. */
  count(source: HasRows): Stub<number>;
  /** `db.execute()`, by a pattern, or by the whole text. */
  execute(sql: RegExp | string): Stub<readonly Record<string, unknown>[]>;
  /**
   * Every query of the same operation on the same tables that selects the same fields.
   *
   * @example
   * ```ts
   * mock.on.query((db) => db.select({ n: count() }).from(schema.users)).returns([{ n: 2 }]);
   * ```
   */
  query<Result>(build: (db: Db) => PromiseLike<Result>): Stub<Result>;
}
