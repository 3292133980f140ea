/** A step of `prepare` that is SQL, for either driver's client. Its key follows its text: what is made anew is never taken for what was. */
import { createHash } from "node:crypto";

/** A client of postgres.js, or a pool of node-postgres: what both can be asked to run. */
export type SqlClient = { unsafe(text: string): PromiseLike<unknown> } | { query(text: string): PromiseLike<unknown> };

/** A value for `prepare`, or for an array of it. */
export interface PlatformStep {
  readonly key: string;
  /** What it runs: to be read, or to be written into a file for `--prepare` of the command line. */
  readonly sql: string;
  run(context: { readonly client: SqlClient }): Promise<unknown>;
}

/**
 * @param name - of the step, for errors
 * @param sql - statements, without parameters
 */
export function platformStep(name: string, sql: string): PlatformStep {
  return {
    key: `${name} ${digestOf(sql)}`,
    sql,
    // one message, and so one transaction
    run: async ({ client }) => ("unsafe" in client ? client.unsafe(sql) : client.query(sql)),
  };
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 24);
