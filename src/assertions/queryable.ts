/** What is asked of a database of Drizzle's: the same of both drivers, of both lines, and of a transaction. */
import { rowsOf } from "../drivers/rows-of.ts";

/** A database of Drizzle's, or a transaction of it. */
export interface Queryable {
  execute(query: string): PromiseLike<unknown>;
}

/** The first column of all rows, each a text in JSON: parsers and transformations of a client leave it as it is. */
export async function documents(db: Queryable, query: string): Promise<string[]> {
  return rowsOf(await db.execute(query)).map((row) => String(Object.values(row)[0]));
}
