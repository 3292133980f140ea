/**
 * Leases of a prefix, in a database where all keys begin with one: that has nothing of anybody else's. A key whose prefix has no
 * living holder is a leftover.
 */
import { TestDbError } from "../../errors.ts";
import { readClients } from "./clients.ts";
import type { RedisLease } from "./lease.ts";
import type { RedisConnection, RedisNode } from "./redis-connection.ts";
import { describeRedis, type RedisServer } from "./redis-server.ts";

/** In braces: a cluster has all keys of a lease on one node, so commands of several keys work. */
const prefixOf = (id: string): string => `{with-test-db:${id}}:`;
const PREFIX = /^\{with-test-db:([0-9a-f]{20})\}:/;

/** @throws TestDbError `TARGET_REFUSED` where the database has keys without such a prefix */
export async function leasePrefix(
  server: RedisServer,
  connection: RedisConnection,
  database: number,
  id: string,
): Promise<RedisLease> {
  if (!(await sweepPrefixes(connection, database))) throw notOurs(server, database);
  const clear = async (): Promise<boolean> => {
    await connection.withNodes(async (nodes) => {
      for (const node of nodes) {
        await eachPage(node, `${prefixOf(id)}*`, async (keys) => {
          for (const key of keys) await node.call("UNLINK", key);
        });
      }
    });
    return true;
  };
  return { isolation: "prefix", database, prefix: prefixOf(id), clear, release: clear };
}

/**
 * Deletes the keys whose prefix was a holder's that is gone. The connection is on that database afterwards.
 *
 * @returns whether all other keys have the prefix of a holder that is there
 */
export async function sweepPrefixes(connection: RedisConnection, database: number): Promise<boolean> {
  if (!connection.isCluster) await connection.call("SELECT", database);
  return connection.withNodes(async (nodes) => {
    const found: { node: RedisNode; key: string; holder: string | undefined }[] = [];
    for (const node of nodes) {
      await eachPage(node, "*", async (keys) => {
        for (const key of keys) found.push({ node, key, holder: PREFIX.exec(key)?.[1] });
      });
    }
    const { living } = await readClients([connection, ...nodes]);
    for (const { node, key, holder } of found) {
      if (holder !== undefined && !living.has(holder)) await node.call("UNLINK", key);
    }
    return found.every(({ holder }) => holder !== undefined);
  });
}

async function eachPage(node: RedisNode, match: string, use: (keys: string[]) => Promise<void>): Promise<void> {
  let cursor = "0";
  do {
    const [next, keys] = (await node.call("SCAN", cursor, "MATCH", match, "COUNT", 1000)) as [string, string[]];
    await use(keys);
    cursor = String(next);
  } while (cursor !== "0");
}

const notOurs = (server: RedisServer, database: number): TestDbError =>
  new TestDbError("TARGET_REFUSED", {
    what: `Database ${database} of Redis at ${describeRedis(server)} was not touched`,
    why: "it holds keys that are not this library's, and is the one in which prefixes would be leased",
    next: "use a Redis that is for tests; an application that is given a prefix has to use it for all of its keys",
  });
