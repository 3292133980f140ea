import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { type OwnRedis, redisMissing, startRedis } from "../support/redis.ts";

describe.skipIf(!isIntegrationEnabled() || redisMissing)("a client of ioredis", () => {
  let own: OwnRedis;
  beforeAll(async () => {
    own = await startRedis();
  });
  afterAll(() => own.stop());

  it("has its socket as its stream once it is connected", async () => {
    const client = new Redis(own.url, { lazyConnect: true });
    await client.connect();
    expect(client.stream).toMatchObject({ remotePort: own.port, writable: true });
    expect(client.stream.unref()).toBe(client.stream);
    client.disconnect();
  });

  it("fails a command on a connection that was ended, and is known to have none by then", async () => {
    const client = new Redis(own.url, { lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false });
    client.on("error", () => {});
    await client.connect();
    const id = String(await client.call("CLIENT", "ID"));
    await own.on(0).call("CLIENT", "KILL", "ID", id);
    await expect(client.ping()).rejects.toThrow();
    expect(client.status !== "ready" || !client.stream.writable).toBe(true);
  });
});
