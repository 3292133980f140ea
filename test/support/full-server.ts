/** A server with few connections, and ways to take them. */
import { afterAll, afterEach, beforeAll } from "vitest";
import { openSession, type Session } from "../../src/connections/session.ts";
import { startServer, type TestServer } from "./servers.ts";

/** How many it has, three of them for superusers only. The server's own session of the tests has one. */
const CONNECTIONS = 12;

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
