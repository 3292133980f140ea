import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled, withTestDb } from "../../src/index.ts";
import { withTestDb as withNodePostgres } from "../../src/pg.ts";
import { journalFolder } from "../support/migrations.ts";
import { SOON } from "../support/soon.ts";

const migrationsFolder = journalFolder({ "0000_t": "CREATE TABLE t (id integer)" });

/** Whatever would keep this process from ending. */
const handles = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe.*Connect|Timeout/.test(name));

describe.skipIf(!isIntegrationEnabled())("a peer that is no help", () => {
  const open = new Set<Socket>();
  let close = (): void => {};
  afterEach(() => close());

  /** Something that listens, and does with a connection what it is told. */
  const listen = (meet: (socket: Socket) => void): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        open.add(socket);
        socket.on("error", () => {}).on("close", () => open.delete(socket));
        meet(socket);
      });
      close = () => {
        for (const socket of open) socket.destroy();
        server.close();
      };
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });

  /** Hangs up on the call's connection, and then does something else. */
  const afterHangingUp = (meet: (socket: Socket) => void): ((socket: Socket) => void) => {
    let hasHungUp = false;
    return (socket) => {
      if (hasHungUp) return meet(socket);
      hasHungUp = true;
      socket.destroy();
    };
  };

  it.each<[string, string, (socket: Socket) => void, string]>([
    ["never answers", "prefer", (socket) => socket.resume(), "SERVER_NOT_POSTGRES"],
    ["never answers, not asked for TLS", "disable", (socket) => socket.resume(), "SERVER_NOT_POSTGRES"],
    [
      "offers TLS and then never speaks",
      "require",
      (socket) => socket.once("data", () => socket.write("S")),
      "SERVER_UNREACHABLE",
    ],
    ["hangs up", "prefer", (socket) => socket.destroy(), "SERVER_NOT_POSTGRES"],
    ["hangs up, not asked for TLS", "disable", (socket) => socket.destroy(), "SERVER_NOT_POSTGRES"],
    [
      "resets, not asked for TLS",
      "disable",
      (socket) => socket.once("data", () => socket.resetAndDestroy()),
      "SERVER_NOT_POSTGRES",
    ],
    [
      "hangs up, and is Postgres when asked again",
      "prefer",
      afterHangingUp((socket) => socket.once("data", () => socket.write("N"))),
      "SERVER_UNREACHABLE",
    ],
    [
      "hangs up, and is gone when asked again",
      "prefer",
      (socket) => {
        close();
        socket.destroy();
      },
      "SERVER_UNREACHABLE",
    ],
    [
      "speaks before it is encrypted",
      "prefer",
      (socket) => socket.once("data", () => socket.write("NR\0\0\0\b\0\0\0\0")),
      "SERVER_UNREACHABLE",
    ],
    [
      "speaks HTTP",
      "prefer",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
      "SERVER_NOT_POSTGRES",
    ],
  ])("that %s fails, and leaves nothing open", async (_, sslmode, meet, code) => {
    const port = await listen(meet);
    const before = handles();
    const url = `postgres://me:secret@127.0.0.1:${port}/test?sslmode=${sslmode}`;
    await expect(withTestDb({ schema: {}, migrationsFolder, url })).rejects.toMatchObject({ code });
    await expect.poll(() => open.size, SOON).toBe(0);
    await expect.poll(() => handles().length, SOON).toBeLessThanOrEqual(before.length + 2);
  });

  it("that answers a greeting and then never speaks fails node-postgres, too", async () => {
    const port = await listen((socket) => socket.once("data", () => socket.write("N")));
    const url = `postgres://me:secret@127.0.0.1:${port}/test`;
    const call = withNodePostgres({ schema: {}, migrationsFolder, url });
    await expect(call).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect.poll(() => open.size, SOON).toBe(0);
  });
});
