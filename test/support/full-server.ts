/** A server with few connections, and ways to take them. */
import type { Pool } from "pg";
import type { Sql } from "postgres";
import { afterAll, afterEach, beforeAll } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import type { Connection } from "../../src/drivers/driver.ts";
import { startServer, type TestServer } from "./servers.ts";

/** How many it has, three of them for superusers only. The server's own session of the tests has one. */
export const CONNECTIONS = 12;
/** What clients of these suites begin with. */
export const SETTINGS: Readonly<Record<string, string>> = { application_name: "budget", search_path: "public" };
export const MAY_GIVE_WAY = { mayShelve: true, maySleep: (): boolean => true };

export interface FullServer {
  /** There from the first test on. */
  readonly server: TestServer;
  readonly url: string;
  /** Closes it after the test. */
  kept<T extends { close(): Promise<unknown> }>(closable: T): T;
  /** Takes all connections but some. */
  takeAllBut(left: number): Promise<Session[]>;
}

/** Starts one before the tests of a suite, and stops it after them. */
export function fullServer(): FullServer {
  let server: TestServer;
  const open = new Set<{ close(): Promise<unknown> }>();
  beforeAll(async () => {
    server = await startServer({ major: 18, settings: { max_connections: String(CONNECTIONS) } });
  });
  afterEach(async () => {
    await Promise.all([...open].map((closable) => closable.close()));
    open.clear();
  });
  afterAll(() => server?.stop());
  const kept = <T extends { close(): Promise<unknown> }>(closable: T): T => {
    open.add(closable);
    return closable;
  };
  return {
    get server() {
      return server;
    },
    get url() {
      return `postgres://postgres:${server.target.password}@127.0.0.1:${server.port}/postgres`;
    },
    kept,
    takeAllBut: (left) =>
      Promise.all(Array.from({ length: CONNECTIONS - 1 - left }, async () => kept(await openSession(server.target)))),
  };
}

/** The one value of a query, asked with the client that a user has. */
export async function ask({ context }: Connection<unknown>, text: string): Promise<unknown> {
  const { client } = context as { client: Sql | Pool };
  if ("unsafe" in client) return (await client.unsafe(text).values())[0]?.[0];
  return (await client.query<[unknown]>({ text, rowMode: "array" })).rows[0]?.[0];
}

export const pidOf = (connection: Connection<unknown>): Promise<unknown> => ask(connection, "select pg_backend_pid()");
