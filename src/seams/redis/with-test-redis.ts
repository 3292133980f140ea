/** A Redis of a suite's own: empty at both ends, nobody else's meanwhile, and on a server that was named for tests. */
import { randomBytes } from "node:crypto";
import { TestDbError, wordsOf } from "../../errors.ts";
import { assertIntegrationEnabled, FLAG, isIntegrationEnabled } from "../../guard/flag.ts";
import { nearest } from "../../nearest.ts";
import { noticeOnce } from "../../notice.ts";
import { type Layout, layoutOf, type RedisLease } from "./lease.ts";
import { leaseDatabase } from "./lease-database.ts";
import { leasePrefix, sweepPrefixes } from "./lease-prefix.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { describeRedis, noServerNamed, type RedisServer, resolveRedisServer } from "./redis-server.ts";

const OPTIONS: readonly string[] = ["url", "isolation", "dangerouslyAllowRemote", "flag"];
const ISOLATIONS: readonly unknown[] = [undefined, "auto", "database", "prefix"];

/** Options of {@link withTestRedis}. */
export interface WithTestRedisOptions {
  /** The server, `redis://` or `rediss://`. The database that it names is never leased. `@default` `TEST_REDIS_URL` */
  readonly url?: string;
  /**
   * `database`: a logical database, or an error where none is free. `prefix`: a prefix in a shared one. `auto`: a database, and a prefix
   * where none is free or the server has no other than 0, as a cluster. `@default "auto"`
   */
  readonly isolation?: "auto" | "database" | "prefix";
  /** Hosts that are not this machine and may be used all the same. `@default` `TEST_DB_ALLOW_REMOTE`, else none */
  readonly dangerouslyAllowRemote?: readonly string[];
  /** The environment variable that has to be set. `@default "TEST_DB_IT"` */
  readonly flag?: string;
}

/** What {@link withTestRedis} hands out. */
export interface TestRedis extends AsyncDisposable {
  /** For the application: the server, with the database. May hold the password, and is not enumerable. */
  readonly url: string;
  /** The number of the database. */
  readonly database: number;
  /** Whether the whole database is leased, or a prefix in one that others use, too. */
  readonly isolation: "database" | "prefix";
  /** What all keys of the application have to begin with. Empty where the whole database is leased. */
  readonly prefix: string;
  /**
   * Deletes what was written, between tests.
   *
   * @throws TestDbError `UNIT_GONE` where the lease was lost: nothing is deleted then
   */
  reset(): Promise<void>;
  /**
   * Deletes what was written and gives the lease up; clients of the application are to be closed before. Can be called twice.
   *
   * @throws TestDbError `UNIT_GONE` where the lease was lost: nothing is deleted then
   */
  dispose(): Promise<void>;
}

/**
 * Leases a logical database of a Redis, which is empty then, until `dispose()` or the end of the process. Nothing is leased, written to
 * or flushed that holds keys which are not known to be a dead lease's, or that somebody is connected to.
 *
 * @throws TestDbError `FLAG_UNSET`; `TARGET_INVALID` where no server is named; `TARGET_REFUSED`; `DRIVER_NOT_INSTALLED` without ioredis;
 * `SERVER_UNREACHABLE`; `SERVER_AUTH_FAILED`; `UNIT_FAILED` where no database is free and a prefix was not asked for
 *
 * @example
 * ```ts
 * describe.skipIf(!(await isRedisAvailable()))("the queue of notifications (real Redis)", () => {
 *   let redis: TestRedis;
 *   beforeAll(async () => {
 *     redis = await withTestRedis();
 *   });
 *   afterAll(() => redis?.dispose());
 * ```
 */
export async function withTestRedis(options: WithTestRedisOptions = {}): Promise<TestRedis> {
  assertOptions(options);
  assertIntegrationEnabled(options.flag, "withTestRedis()");
  const { url, isolation = "auto", dangerouslyAllowRemote: remoteHosts = [] } = options;
  const server = resolveRedisServer(url, remoteHosts);
  if (!server) throw noServerNamed();
  const id = randomBytes(10).toString("hex");
  const connection = await connectRedis(server, id, remoteHosts);
  try {
    const layout = layoutOf(connection.isCluster ? 1 : await countDatabases(connection), server.named);
    const lease =
      (isolation !== "prefix" && (await leaseDatabase(server, connection, layout, id))) ||
      (isolation !== "database" && (await leasePrefix(server, connection, layout.shared, id)));
    if (!lease) throw noneFree(server, layout);
    if (lease.isolation === "database") await sweepPrefixes(connection, layout.shared);
    return testRedis(server, connection, lease);
  } catch (error) {
    connection.close();
    throw error instanceof TestDbError ? error : refusedBy(server, error);
  }
}

/**
 * Whether integration suites should run, and a Redis is named for them and answers. Where one is missing, a line on stderr says so, once.
 *
 * @throws TestDbError as {@link withTestRedis}, where the server may not be used, or ioredis is missing
 *
 * @example
 * ```ts
 * describe.skipIf(!(await isRedisAvailable()))("the queue (real Redis)", () => { … });
 * ```
 */
export async function isRedisAvailable(options: WithTestRedisOptions = {}): Promise<boolean> {
  assertOptions(options);
  if (!isIntegrationEnabled(options.flag ?? FLAG)) return false;
  try {
    const server = resolveRedisServer(options.url, options.dangerouslyAllowRemote);
    if (!server) throw noServerNamed();
    (await connectRedis(server, "is-available")).close();
    return true;
  } catch (error) {
    if (!(error instanceof TestDbError)) throw error;
    const isUnset = error.code === "TARGET_INVALID" && !options.url && !process.env["TEST_REDIS_URL"]?.trim();
    if (!isUnset && error.code !== "SERVER_UNREACHABLE") throw error;
    const [what = ""] = error.message.split("\n");
    noticeOnce(`suites with Redis are skipped: ${what} TEST_REDIS_URL=redis://127.0.0.1:6379 names one`);
    return false;
  }
}

function testRedis(server: RedisServer, connection: RedisConnection, lease: RedisLease): TestRedis {
  const { database, isolation, prefix } = lease;
  const whileHeld = async (work: () => Promise<boolean>): Promise<void> => {
    const isOurs =
      !connection.isLost &&
      (await work().catch((error: unknown) => {
        if (connection.isLost) return false;
        throw error;
      }));
    if (isOurs) return;
    throw new TestDbError("UNIT_GONE", {
      what: `The lease of database ${database} of Redis at ${describeRedis(server)} is lost`,
      why: connection.isLost
        ? "the connection that stood for it has ended: somebody stopped the server, or ended its clients"
        : "its record is gone: somebody ran FLUSHALL, or flushed the server's last database",
      next: "run the suite again; what it has left is flushed by the next call, where nobody has used it since",
    });
  };
  const disposeOnce = async (): Promise<void> => {
    try {
      await whileHeld(() => lease.release());
    } finally {
      connection.close();
    }
  };
  let disposed: Promise<void> | undefined;
  const dispose = (): Promise<void> => (disposed ??= disposeOnce());
  const reset = async (): Promise<void> => {
    if (!disposed) return whileHeld(() => lease.clear());
    throw new TestDbError("UNIT_GONE", {
      what: `Database ${database} of Redis at ${describeRedis(server)} was given up before`,
      next: "await withTestRedis()",
    });
  };
  const handle = { database, isolation, prefix, reset, dispose, [Symbol.asyncDispose]: dispose };
  return Object.defineProperty(handle, "url", { value: server.urlOf(database), enumerable: false }) as typeof handle & {
    readonly url: string;
  };
}

/** By trial, since whoever may not read the configuration has to come to the same number. */
async function countDatabases(connection: RedisConnection): Promise<number> {
  const exists = (database: number): Promise<boolean> =>
    connection.call("SELECT", database).then(
      () => true,
      (error: unknown) => {
        if (connection.isLost) throw error;
        return false;
      },
    );
  let [there, missing] = [0, 16];
  while (missing < 65_536 && (await exists(missing))) [there, missing] = [missing, missing * 2];
  while (missing - there > 1) {
    const middle = (there + missing) >> 1;
    if (await exists(middle)) there = middle;
    else missing = middle;
  }
  return missing;
}

const refusedBy = (server: RedisServer, cause: unknown): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `Redis at ${describeRedis(server)} gave no lease`,
    why: wordsOf(cause),
    next: "use a server that is no replica, and a user who may SELECT, EVAL, SCAN, UNLINK, FLUSHDB and CLIENT LIST",
    cause,
  });

const noneFree = (server: RedisServer, { whole }: Layout): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `Redis at ${describeRedis(server)} has no database that is free`,
    why:
      whole.length > 0
        ? `of databases ${whole[0]} to ${whole.at(-1)} each is leased, holds keys, or has somebody connected to it`
        : "it has too few databases to lease one",
    next: 'start it with more: redis-server --databases 64; or take a prefix: withTestRedis({ isolation: "prefix" })',
  });

function assertOptions(options: WithTestRedisOptions): void {
  const invalid = (what: string, why?: string): TestDbError =>
    new TestDbError("OPTION_INVALID", { what, why, next: `use one of ${OPTIONS.join(", ")}` });
  for (const name of Object.keys(options)) {
    const meant = nearest(name, OPTIONS);
    if (!OPTIONS.includes(name))
      throw invalid(`withTestRedis() has no option "${name}"`, meant && `did you mean "${meant}"?`);
  }
  if (!ISOLATIONS.includes(options.isolation))
    throw invalid(`The option isolation is ${String(options.isolation)}`, 'it is "auto", "database" or "prefix"');
}
