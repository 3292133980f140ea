/** Waiting for a server that was named: one that starts, one that is not there, and one that is not to be used. */
import { createServer, type Socket } from "node:net";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { awaitServer, isAway } from "../../src/run/await-server.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { openRelay, type Relay } from "../support/relay.ts";
import { SOON } from "../support/soon.ts";
import { testTarget } from "../support/target.ts";

describe.skipIf(!isIntegrationEnabled())("awaitServer()", () => {
  let target: Target;
  beforeAll(async () => {
    target = await testTarget();
  });
  const opened: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });
  const relay = async (): Promise<Relay> => {
    const made = await openRelay(target);
    opened.push(made.close);
    return made;
  };
  /** Where something listens that is not Postgres. */
  const listening = async (answer: (socket: Socket) => void): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    opened.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    return `postgres://me@127.0.0.1:${(server.address() as { port: number }).port}/app`;
  };
  const failureOf = (url: string, patience: number): Promise<unknown> =>
    awaitServer({ url, remoteHosts: [] }, patience).then(
      () => "no failure",
      (error: unknown) => error,
    );

  it("waits for one whose port is open before it listens, as a container's", async () => {
    const closed = await relay();
    closed.isClosed = true;
    const awaited = awaitServer({ url: closed.url, remoteHosts: [] }, 20_000);
    await expect.poll(() => closed.attempts, SOON).toBeGreaterThan(2);
    closed.isClosed = false;
    expect((await awaited).target.port).toBe(Number(new URL(closed.url).port));
  });

  it("says that there is none where nobody listens, or whoever listens says nothing", async () => {
    const gone = await relay();
    await opened.pop()?.();
    const refused = await failureOf(gone.url, 300);
    expect([isAway(refused), (refused as Error).message]).toEqual([true, expect.stringContaining("ECONNREFUSED")]);
    const silent = await failureOf(await listening(() => {}), 300);
    expect(isAway(silent)).toBe(true);
    expect(silent).toMatchObject({ message: expect.stringMatching(/^No answer from me@127.* within 0\.3 s\./) });
  });

  it("does not wait for what is no server for tests, and never will be", async () => {
    const remote = await failureOf("postgres://me@db.example.com/app", 600_000);
    const missing = await failureOf(targetUrl(onDatabase(target, "with_test_db_none")), 600_000);
    const web = await listening((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const other = await failureOf(web, 600_000);
    expect([remote, missing, other].map((error) => [(error as { code: string }).code, isAway(error)])).toEqual([
      ["TARGET_REFUSED", false],
      ["TARGET_INVALID", false],
      ["SERVER_NOT_POSTGRES", false],
    ]);
  });
});
