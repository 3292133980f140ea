/** One value as text, whatever the driver, its parsers and its transformations of rows make of other answers. */
import { rowsOf } from "../drivers/rows-of.ts";

/**
 * What a query can be sent by: Drizzle's `db` or transaction, a client of postgres.js or node-postgres, a connection that is
 * reserved or checked out, or what `testDb.connect()` returns.
 */
export type Askable = Queryable | { readonly client: Queryable };

type Queryable =
  | { execute(query: string): PromiseLike<unknown> }
  | { unsafe(query: string): PromiseLike<unknown> }
  | { query(text: string): PromiseLike<unknown> };

/** @param query - one that answers with one column; names and literals in it are quoted already */
export async function ask(askable: Askable, query: string): Promise<string | undefined> {
  const value = firstValue(await send(askable, query));
  if (value === null || value === undefined) return undefined;
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value);
}

function send(askable: Askable, query: string): PromiseLike<unknown> {
  // a db has `query`, too, which is none
  if ("execute" in askable) return askable.execute(query);
  if ("unsafe" in askable) return rawly(askable.unsafe(query));
  if ("query" in askable) return askable.query(query);
  return send(askable.client, query);
}

/** Before transformations of postgres.js. */
const rawly = (pending: PromiseLike<unknown> & { raw?(): PromiseLike<unknown> }): PromiseLike<unknown> =>
  pending.raw?.() ?? pending;

/** A row is an object or an array. */
const firstValue = (answer: unknown): unknown => Object.values(rowsOf<object>(answer)[0] ?? {})[0];
