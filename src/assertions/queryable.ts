/** What is asked of a database of Drizzle's: the same of both drivers, of both lines, and of a transaction. */

/** A database of Drizzle's, or a transaction of it. */
export interface Queryable {
  execute(query: string): PromiseLike<unknown>;
}

/** The first column of all rows, each a text in JSON: parsers and transformations of a client leave it as it is. */
export async function documents(db: Queryable, query: string): Promise<string[]> {
  const result = await db.execute(query);
  const rows = Array.isArray(result) ? result : ((result as { readonly rows?: unknown }).rows ?? []);
  return (rows as object[]).map((row) => String(Object.values(row)[0]));
}
