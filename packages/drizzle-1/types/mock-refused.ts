/** What must not compile with the mock where drizzle-orm 1.0 is installed. */
import { count } from "drizzle-orm";
import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import { createMockDb } from "with-test-db/mock";
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

declare function use(...values: unknown[]): void;
const { rotations } = schema;
const mock = createMockDb({ relations });

export function refused(): void {
  // @ts-expect-error a schema is of 0.45
  createMockDb({ schema });
  // @ts-expect-error a cache would answer in the place of stubs
  createMockDb({ relations, drizzle: { cache: undefined } });
  // @ts-expect-error no such column
  mock.on.select(rotations).returns([{ id: 1, nom: "Ada", fallbackId: null }]);
  // @ts-expect-error one column more than the table has
  mock.on.select(rotations).returns([{ id: 1, name: "Ada", fallbackId: null, age: 7 }]);
  // @ts-expect-error a column is missing
  mock.on.select(rotations).returns([{ id: 1, name: "Ada" }]);
  // @ts-expect-error not a number
  mock.on.insert(rotations).returns([{ id: "1", name: "Ada", fallbackId: null }]);
  // @ts-expect-error a value of the enum
  mock.once.update(schema.shifts).returns(({ set }) => [{ ...set, level: "tertiary" }]);
  // @ts-expect-error a function's rows are checked, too
  mock.on.select(rotations).returns(() => [{ id: 1, nom: "Ada", fallbackId: null }]);
  // @ts-expect-error rows are a list
  mock.on.select(rotations).returns({ id: 1, name: "Ada", fallbackId: null });
  // @ts-expect-error a row, not a list
  mock.on.findFirst(rotations).returns([]);
  // @ts-expect-error a number
  mock.on.count(rotations).returns("3");
  // @ts-expect-error a select affects no rows
  mock.on.select(rotations).affects(1);
  // @ts-expect-error not a table
  mock.on.select("owners");
  // @ts-expect-error not an error
  mock.on.select(rotations).rejects("no");
  // @ts-expect-error not what the query selects
  mock.on.query((db) => db.select({ n: count() }).from(rotations)).returns([{ m: 1 }]);
  // @ts-expect-error not of the type that the query selects
  mock.on.query((db) => db.select({ n: count() }).from(rotations)).returns([{ n: "1" }]);
  // @ts-expect-error the relation was not asked for
  mock.on.query((db) => db.query.rotations.findFirst()).returns({ id: 1, name: "Ada", fallbackId: null, shifts: [] });
  // @ts-expect-error no such table
  mock.db.query.dogs;
  // @ts-expect-error no such column
  mock.db.insert(rotations).values({ nom: "Ada" });
  // @ts-expect-error what was recorded is not to be changed
  mock.calls.push(mock.calls[0]);
  // @ts-expect-error another schema
  const narrow: PostgresJsDatabase<{ rotations: (typeof relations)["shifts"] }> = mock.db;
  use(narrow);
}
