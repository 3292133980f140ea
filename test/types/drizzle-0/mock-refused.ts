/** What must not compile with the mock where drizzle-orm 0.45 is installed. */
import { count } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { createMockDb } from "with-test-db/mock";
import * as schema from "./schema.js";

declare function use(...values: unknown[]): void;
const { owners } = schema;
const mock = createMockDb({ schema });

export function refused(): void {
  // @ts-expect-error relations are of 1.0
  createMockDb({ relations: {} });
  // @ts-expect-error a cache would answer in the place of stubs
  createMockDb({ schema, drizzle: { cache: undefined } });
  // @ts-expect-error no such column
  mock.on.select(owners).returns([{ id: 1, nom: "Ada", mood: null }]);
  // @ts-expect-error one column more than the table has
  mock.on.select(owners).returns([{ id: 1, name: "Ada", mood: null, age: 7 }]);
  // @ts-expect-error a column is missing
  mock.on.select(owners).returns([{ id: 1, name: "Ada" }]);
  // @ts-expect-error not a number
  mock.on.insert(owners).returns([{ id: "1", name: "Ada", mood: null }]);
  // @ts-expect-error not a value of the enum
  mock.once.update(owners).returns([{ id: 1, name: "Ada", mood: "sleepy" }]);
  // @ts-expect-error a function's rows are checked, too
  mock.on.select(owners).returns(() => [{ id: 1, nom: "Ada", mood: null }]);
  // @ts-expect-error rows are a list
  mock.on.select(owners).returns({ id: 1, name: "Ada", mood: null });
  // @ts-expect-error a row, not a list
  mock.on.findFirst(owners).returns([]);
  // @ts-expect-error a number
  mock.on.count(owners).returns("3");
  // @ts-expect-error a select affects no rows
  mock.on.select(owners).affects(1);
  // @ts-expect-error not a table
  mock.on.select("owners");
  // @ts-expect-error not an error
  mock.on.select(owners).rejects("no");
  // @ts-expect-error not what the query selects
  mock.on.query((db) => db.select({ n: count() }).from(owners)).returns([{ m: 1 }]);
  // @ts-expect-error not of the type that the query selects
  mock.on.query((db) => db.select({ n: count() }).from(owners)).returns([{ n: "1" }]);
  // @ts-expect-error the relation was not asked for
  mock.on.query((db) => db.query.owners.findFirst()).returns({ id: 1, name: "Ada", mood: null, cats: [] });
  // @ts-expect-error no such table
  mock.db.query.dogs;
  // @ts-expect-error no such column
  mock.db.insert(owners).values({ nom: "Ada" });
  // @ts-expect-error what was recorded is not to be changed
  mock.calls.push(mock.calls[0]);
  // @ts-expect-error another schema
  const narrow: PostgresJsDatabase<{ owners: typeof schema.cats }> = mock.db;
  use(narrow);
}
