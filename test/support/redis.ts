/** Redis servers of a test's own, on free ports, without files. They end with the test, and at the latest with the process. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { vi } from "vitest";
import { freePort } from "./free-port.ts";
import { SOON } from "./soon.ts";

/** Why there is none; undefined where there is. */
export const redisMissing: string | undefined =
  spawnSync("redis-server", ["--version"]).status === 0
    ? undefined
    : "there is no redis-server here: apt-get install redis-server";

export interface OwnRedis {
  readonly port: number;
  readonly url: string;
  /** A client on one of its databases, that is closed with it. */
  on(database: number): Redis;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** @param settings - as on its command line: `{ databases: "4" }` */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), "with-test-db-redis-"));
  const port = await freePort();
  const all = { port: String(port), bind: "127.0.0.1", save: "", dir: folder, ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn("redis-server", args, { stdio: "ignore" });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  const clients = new Set<Redis>();
  const { requirepass: password } = settings;
  const on = (database: number): Redis => {
    const client = new Redis({ port, db: database, ...(password && { password }) });
    client.on("error", () => {});
    clients.add(client);
    return client;
  };
  const stop = async (): Promise<void> => {
    for (const client of clients) client.disconnect();
    child.kill("SIGKILL");
    await ended;
    running.delete(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const client = on(0);
  try {
    await vi.waitUntil(async () => (await client.ping()) === "PONG", SOON);
  } catch (error) {
    await stop();
    throw error;
  }
  client.disconnect();
  return { port, url: `redis://${password ? `:${password}@` : ""}127.0.0.1:${port}`, on, stop };
}
