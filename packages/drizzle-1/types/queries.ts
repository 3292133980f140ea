/** What compiles, and what must not, of the assertions on queries and plans where drizzle-orm 1.0 is installed. */
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
import { relations } from "../src/relations.ts";
import * as schema from "../src/schema.ts";

export async function queries(testDb: TestDb<typeof relations>): Promise<readonly CapturedQuery[]> {
  const { db } = testDb;
  const pg = await withPgTestDb({ relations, migrationsFolder: "drizzle" });
  const select = db.select().from(schema.engineers).where(eq(schema.engineers.id, 1));
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
  await assertServedByAnIndex(pg.db.select().from(schema.engineers), pg.db);
  await assertServedByAnIndex(db.update(schema.engineers).set({ handle: "a" }), db, {
    except: [schema.engineers, "others"],
  });
  await assertServedByAnIndex(db.delete(schema.engineers), db);
  await assertServedByAnIndex(db.query.engineers.findMany(), db);
  await assertServedByAnIndex(() => db.execute(sql`select 1`), db);
  await db.transaction((tx) => assertServedByAnIndex(tx.select().from(schema.engineers), tx));
  await pg.db.transaction((tx) => assertServedByAnIndex(tx.select().from(schema.engineers), tx));
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
