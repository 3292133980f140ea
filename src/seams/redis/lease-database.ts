/**
 * Leases of whole logical databases. The records are in the server's last database, which is ours where it was empty or bears our
 * mark; none of our keys is in a database that is leased. A database is flushed only by the script that reads, in the same
 * step, a record which says that what is in there is its holder's.
 */
import { TestDbError } from "../../errors.ts";
import { noticeOnce } from "../../notice.ts";
import { setTimeout } from "../../timers.ts";
import { readClients } from "./clients.ts";
import type { Layout, RedisLease } from "./lease.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { describeRedis, type RedisServer } from "./redis-server.ts";

const LEASES = "with-test-db:leases";
const SEEN = "with-test-db:seen";
/** How often a holder says that it is there, in milliseconds. */
const HEARTBEAT = 10_000;
/** Seconds after its holder was last seen in which a key may have been used by what the holder had started. */
const AFTERMATH = 60;

// effects are what replicas get; versions before 7 have to be told
const BEGIN = `
  if redis.replicate_commands then redis.replicate_commands() end
  local register, database, id, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
  redis.call('SELECT', register)
  local holder = redis.call('HGET', '${LEASES}', database)`;

/** Takes a database that is empty and nobody's. */
const CLAIM = `${BEGIN}
  if holder then return 'taken' end
  if redis.call('EXISTS', '${LEASES}') == 0 and redis.call('DBSIZE') > 0 then return 'register' end
  redis.call('SELECT', database)
  if redis.call('DBSIZE') > 0 then return 'filled' end
  redis.call('SELECT', register)
  redis.call('HSET', '${LEASES}', database, id)
  redis.call('HSET', '${LEASES}', 'register', 'with-test-db')
  redis.call('HSET', '${SEEN}', database, now)
  return 'ok'`;

const SEE = `${BEGIN}
  if holder == id then redis.call('HSET', '${SEEN}', database, now) end
  return 'ok'`;

/** ARGV[5]: whether the record goes, too; ARGV[6]: until when keys were its holder's. */
const CLEAR = `${BEGIN}
  if holder ~= id then return 'lost' end
  local seen = tonumber(redis.call('HGET', '${SEEN}', database) or now)
  redis.call('SELECT', database)
  if ARGV[6] ~= '' then
    local cursor = '0'
    repeat
      local page = redis.call('SCAN', cursor, 'COUNT', 1000)
      cursor = page[1]
      for _, key in ipairs(page[2]) do
        local idle = redis.pcall('OBJECT', 'IDLETIME', key)
        if type(idle) == 'number' and now - idle > seen + tonumber(ARGV[6]) then return 'used' end
      end
    until cursor == '0'
  end
  redis.call('FLUSHDB')
  redis.call('SELECT', register)
  if ARGV[5] == '1' then
    redis.call('HDEL', '${LEASES}', database)
    redis.call('HDEL', '${SEEN}', database)
  end
  return 'ok'`;

/**
 * Flushes what holders left that are gone, and leases a database.
 *
 * @returns undefined where there is none to be had
 * @throws TestDbError `TARGET_REFUSED` where the last database is somebody's
 */
export async function leaseDatabase(
  server: RedisServer,
  connection: RedisConnection,
  { register, whole }: Layout,
  id: string,
): Promise<RedisLease | undefined> {
  if (register === undefined) return undefined;
  const run = async (script: string, database: number, holder: string, ...more: string[]): Promise<unknown> => {
    const [seconds] = (await connection.call("TIME")) as [string];
    return connection.call("EVAL", script, 0, register, database, holder, seconds, ...more);
  };
  await connection.call("SELECT", register);
  const records = pairs(await connection.call("HGETALL", LEASES));
  const { living, used } = await readClients([connection]);
  if (records.size === 0 && used.has(register)) throw notOurs(server, register, "somebody is connected to it");
  for (const [field, holder] of records) {
    const database = Number(field);
    if (!Number.isInteger(database) || living.has(holder) || used.has(database)) continue;
    const cleared = await run(CLEAR, database, holder, "1", String(AFTERMATH));
    if (cleared === "used") sayUsedSince(server, database);
  }
  for (const database of whole) {
    // whoever is connected to an empty database is about to use it
    if (used.has(database)) continue;
    const claimed = await run(CLAIM, database, id);
    if (claimed === "register") throw notOurs(server, register, "it holds keys that are not this library's");
    if (claimed !== "ok") continue;
    const stop = heartbeat(async () => void (connection.isLost || (await run(SEE, database, id))));
    const clear = async (isEnd: boolean): Promise<boolean> =>
      (await run(CLEAR, database, id, isEnd ? "1" : "0", "")) === "ok";
    return {
      ...{ isolation: "database", database, prefix: "" },
      clear: () => clear(false),
      async release() {
        stop();
        // what a client writes that is still connected is for the next call to flush: the record stays, without a holder
        return clear(!(await readClients([connection])).used.has(database));
      },
    };
  }
  return undefined;
}

/** @returns what stops it */
function heartbeat(beat: () => Promise<unknown>): () => void {
  let isStopped = false;
  const wait = (): void =>
    void setTimeout(() => {
      // one that fails is no reason to be taken for gone a minute later
      if (!isStopped) beat().then(wait, wait);
    }, HEARTBEAT).unref();
  wait();
  return () => {
    isStopped = true;
  };
}

/** A hash, which RESP2 gives as a list and RESP3 as a map. */
function pairs(answer: unknown): Map<string, string> {
  if (answer instanceof Map) return answer as Map<string, string>;
  if (!Array.isArray(answer)) return new Map(Object.entries(answer as Record<string, string>));
  const flat = answer.flat() as string[];
  return new Map(flat.flatMap((field, index) => (index % 2 === 0 ? [[field, flat[index + 1] ?? ""] as const] : [])));
}

const notOurs = (server: RedisServer, register: number, why: string): TestDbError =>
  new TestDbError("TARGET_REFUSED", {
    what: `Redis at ${describeRedis(server)} was not touched`,
    why: `${why}: database ${register}, its last one, where records of leases would be`,
    next: "use a Redis that is for tests, or start this one with more: redis-server --databases 32",
  });

const sayUsedSince = (server: RedisServer, database: number): void =>
  noticeOnce(
    `database ${database} of Redis at ${describeRedis(server)} was leased by a process that died, and was used since: it is left alone. If nobody needs it: redis-cli -h ${server.host} -p ${server.port} -n ${database} flushdb`,
  );
