/** What compiles, and what must not, of the assertions on queries and plans where drizzle-orm 0.45 is installed. */
import { eq, sql } from "drizzle-orm";
import type { TestDb } from "with-test-db";
import {
  assertRepeatsNoQuery,
  assertRunsAtMost,
  assertServedByAnIndex,
  type CapturedQuery,
  captureQueries,
} from "with-test-db/assertions";
import { withTestDb as withPgTestDb } from "with-test-db/pg";
import * as schema from "./schema.js";

export async function queries(testDb: TestDb<typeof schema>): Promise<readonly CapturedQuery[]> {
  const { db } = testDb;
  const pg = await withPgTestDb({ schema, migrationsFolder: "drizzle" });
  const select = db.select().from(schema.owners).where(eq(schema.owners.id, 1));
  const { result, queries } = await captureQueries(() => select);
  const ids: number[] = result.map(({ id }) => id);
  // @ts-expect-error rows are typed as the work has them
  const names: boolean[] = result.map(({ id }) => id);
  // @ts-expect-error what was captured stays as it is
  queries[0].text = "";
  // @ts-expect-error the line may be unknown
  queries[0]?.source.length;
  await assertRunsAtMost(() => select, 3);
  // @ts-expect-error a function is wanted, since a query was sent by then
  await assertRunsAtMost(select, 3);
  // @ts-expect-error a number is wanted
  await assertRunsAtMost(() => select);
  await assertRepeatsNoQuery(() => select, { times: 2 });
  // @ts-expect-error misspelt
  await assertRepeatsNoQuery(() => select, { time: 2 });
  await assertServedByAnIndex(select, db);
  await assertServedByAnIndex(pg.db.select().from(schema.owners), pg.db);
  await assertServedByAnIndex(db.update(schema.owners).set({ name: "a" }), db, { except: [schema.owners, "others"] });
  await assertServedByAnIndex(db.delete(schema.owners), db);
  await assertServedByAnIndex(db.query.owners.findMany(), db);
  await assertServedByAnIndex(() => db.execute(sql`select 1`), db);
  await db.transaction((tx) => assertServedByAnIndex(tx.select().from(schema.owners), tx));
  await pg.db.transaction((tx) => assertServedByAnIndex(tx.select().from(schema.owners), tx));
  // @ts-expect-error rows are no query
  await assertServedByAnIndex(await select, db);
  // @ts-expect-error a database is wanted
  await assertServedByAnIndex(select);
  // @ts-expect-error a client is no database
  await assertServedByAnIndex(select, testDb.client);
  // @ts-expect-error no such table in the schema
  await assertServedByAnIndex(select, db, { except: [schema.nothing] });
  return [...queries, ...(ids && names ? [] : [])];
}
