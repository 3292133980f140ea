/**
 * A connection to Redis that stands for a lease: its name says whose, and it is never made anew. Where it is lost, so is
 * the lease, and who looks into `CLIENT LIST` sees the one as well as the other.
 */
import type { Cluster, Redis } from "ioredis";
import { TestDbError, wordsOf } from "../../errors.ts";
import { assertRedisAllowed, describeRedis, type RedisServer } from "./redis-server.ts";

const CONNECT_DEADLINE = 10_000;
/** What the names of all of these connections begin with. */
export const NAME = "with-test-db:";

/** Something that is sent commands: a server, or a node of a cluster. */
export interface RedisNode {
  call(command: string, ...given: (string | number)[]): Promise<unknown>;
}

export interface RedisConnection extends RedisNode {
  /** Whether the server is a node of a cluster. */
  readonly isCluster: boolean;
  readonly isLost: boolean;
  /** Runs `use` with every server that has keys: the nodes of a cluster. */
  withNodes<Result>(use: (nodes: readonly RedisNode[]) => Promise<Result>): Promise<Result>;
  close(): void;
}

/** @throws TestDbError `DRIVER_NOT_INSTALLED`, `SERVER_UNREACHABLE`, `SERVER_AUTH_FAILED` */
export async function connectRedis(
  server: RedisServer,
  id: string,
  remoteHosts: readonly string[] = [],
): Promise<RedisConnection> {
  const ioredis = await loadIoredis();
  const client = new ioredis.Redis({
    ...{ ...loginOf(server), host: server.host, port: server.port, lazyConnect: true },
    ...{ connectTimeout: CONNECT_DEADLINE, retryStrategy: () => null, enableOfflineQueue: false },
  });
  let failure: unknown;
  client.on("error", (error: unknown) => {
    failure ??= error;
  });
  try {
    await client.connect();
    // before anything is claimed under this name
    await client.call("CLIENT", "SETNAME", NAME + id);
    const info = String(await client.call("INFO", "server"));
    const node = quietNodeOf(client);
    const isCluster = /^redis_mode:cluster/m.test(info);
    return {
      ...node,
      isCluster,
      get isLost() {
        return client.status !== "ready" || !client.stream.writable;
      },
      withNodes: (use) => (isCluster ? withMasters(ioredis, server, remoteHosts, use) : use([node])),
      close: () => client.disconnect(),
    };
  } catch (error) {
    client.disconnect();
    throw connectError(server, failure ?? error);
  }
}

const loginOf = ({ username, password, isTls }: RedisServer) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(isTls && { tls: {} }),
});

const nodeOf = (client: Redis): RedisNode => ({ call: (command, ...given) => client.call(command, ...given) });

/** A connection that keeps the process alive while an answer is under way, and no longer: a suite that forgets dispose() ends. */
function quietNodeOf(client: Redis): RedisNode {
  let underWay = 0;
  client.stream.unref();
  return {
    async call(command, ...given) {
      if (underWay++ === 0) client.stream.ref();
      try {
        return await client.call(command, ...given);
      } finally {
        if (--underWay === 0) client.stream.unref();
      }
    },
  };
}

async function withMasters<Result>(
  { Cluster: ClusterClient }: { readonly Cluster: typeof Cluster },
  server: RedisServer,
  remoteHosts: readonly string[],
  use: (nodes: readonly RedisNode[]) => Promise<Result>,
): Promise<Result> {
  const cluster = new ClusterClient([{ host: server.host, port: server.port }], {
    redisOptions: { ...loginOf(server), connectTimeout: CONNECT_DEADLINE },
    clusterRetryStrategy: () => null,
    lazyConnect: true,
  });
  let failure: unknown;
  cluster.on("error", (error: unknown) => {
    failure ??= error;
  });
  try {
    await cluster.connect().catch((error: unknown) => {
      throw connectError(server, failure ?? error);
    });
    const masters = cluster.nodes("master");
    // a cluster itself says where its nodes are
    for (const { options } of masters)
      assertRedisAllowed({ ...server, host: options.host ?? "", port: options.port ?? 0 }, remoteHosts);
    return await use(masters.map(nodeOf));
  } finally {
    cluster.disconnect();
  }
}

/** The project's own, which is only needed by who has a Redis. */
async function loadIoredis(): Promise<{ readonly Redis: typeof Redis; readonly Cluster: typeof Cluster }> {
  try {
    return await import("./ioredis.ts");
  } catch (cause) {
    const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
    if ((code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") || !/['"]ioredis['"]/.test(String(message)))
      throw cause;
    throw new TestDbError("DRIVER_NOT_INSTALLED", {
      what: "The package ioredis is not installed",
      why: "withTestRedis() uses the one of your project, and brings none of its own",
      next: "npm install --save-dev ioredis",
      cause,
    });
  }
}

/** Without the command that failed: a login has the password in it, and runners print all of an error's fields. */
function withoutCommand(error: unknown): unknown {
  for (let each = error; typeof each === "object" && each !== null; ) {
    const inside = each as { command?: unknown; readonly lastNodeError?: unknown; readonly cause?: unknown };
    delete inside.command;
    each = inside.lastNodeError ?? inside.cause;
  }
  return error;
}

function connectError(server: RedisServer, failed: unknown): TestDbError {
  const cause = withoutCommand(failed);
  const words = wordsOf(cause);
  const isAuth = /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH|ERR invalid password)/.test(words);
  return new TestDbError(isAuth ? "SERVER_AUTH_FAILED" : "SERVER_UNREACHABLE", {
    what: isAuth
      ? `Redis at ${describeRedis(server)} refused the login`
      : `Redis at ${describeRedis(server)} cannot be reached`,
    why: words,
    next: isAuth
      ? `TEST_REDIS_URL=redis://user:password@${describeRedis(server)} npm test`
      : `start it, or name another one: TEST_REDIS_URL=redis://127.0.0.1:6379 npm test`,
    cause,
  });
}
