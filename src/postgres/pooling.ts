/**
 * What a pooler keeps together: a session, a transaction, or only a statement. Nothing says so but its behaviour: whether
 * a connection stays on its server process while another one is served.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { CONNECT_DEADLINE, connectionOptions, createClient } from "../connections/client.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target } from "../target/target.ts";

export type Pooling = "session" | "transaction" | "statement";

/** Whether a failure to connect is a pooler's, which does not take what a server takes. */
export function isPoolerRefusal(error: unknown): boolean {
  const refused = postgresError(error);
  return refused?.code === SQLSTATE.protocolViolation && /startup parameter/.test(refused.message);
}

/**
 * Makes sure that a session stays on its server process.
 *
 * @throws TestDbError `SERVER_POOLED` with the kind of pooling
 */
export async function assertSessionPooling(target: Target): Promise<void> {
  const pooling = await poolingOf(target);
  if (pooling !== "session") throw namedError(target, pooling);
}

/** What to do about a pooler that can't be used as a server: that depends on how it pools. */
export async function pooledError(target: Target, error: unknown): Promise<TestDbError> {
  const refused = postgresError(error);
  const pooling = await poolingOf(target).catch(() => undefined);
  if (pooling === "transaction" || pooling === "statement") return namedError(target, pooling, error);
  return new TestDbError("SERVER_POOLED", {
    what: `A connection pooler answers at ${describeTarget(target)}`,
    why: `${refused ? postgresWords(refused) : wordsOf(error)}\nwhat is not a unit's own client needs the server itself beside the pooler`,
    next: `${directFor(target)}, the server itself; or point ${target.origin} there, and leave the pooler out`,
    cause: error,
  });
}

/** A pooler's word that it does not know a database that the server has just made. */
export function unknownDatabase(pooler: Target, server: Target, error: unknown): TestDbError | undefined {
  const refused = postgresError(error);
  if (!refused || !/no such database|database .* does not exist/i.test(refused.message)) return undefined;
  return new TestDbError("SERVER_POOLED", {
    what: `The pooler at ${describeTarget(pooler)} does not lead to the database ${pooler.database} of ${describeTarget(server)}`,
    why: postgresWords(refused),
    next: `a line for databases that come and go, in its section [databases]: * = host=${server.host} port=${server.port}`,
    cause: error,
  });
}

const SCATTERED = {
  transaction: "two transactions of one connection run in different sessions of the server",
  statement: "two statements of one connection run in different sessions of the server",
} as const;

const namedError = (target: Target, pooling: keyof typeof SCATTERED, cause?: unknown): TestDbError =>
  new TestDbError("SERVER_POOLED", {
    what: `The pooler at ${describeTarget(target)} pools ${pooling}s`,
    why: `${SCATTERED[pooling]}, so the search_path that binds a connection to its unit would reach others, and not stay`,
    next: `point ${target.origin} at the server itself; or set pool_mode = session in the pooler and ${directFor(target)}`,
    cause,
  });

const directFor = ({ origin }: Target): string =>
  origin.startsWith("option")
    ? 'directUrl: "postgres://user:password@127.0.0.1:5432/test"'
    : "TEST_DB_DIRECT_URL=postgres://user:password@127.0.0.1:5432/test";

const REFUSED = Symbol("a transaction was refused");
const saysStatement = (error: unknown): boolean => /statement pooling/.test(postgresError(error)?.message ?? "");

/** How long another connection may wait until nothing more is expected of it, in milliseconds. */
const PATIENCE = 300;

/**
 * How the target pools; "session", too, where nothing is in between. Two connections take turns: where transactions are
 * pooled, the second is served by the process that the first has just left, or the first by another one each time.
 */
async function poolingOf(target: Target): Promise<Pooling> {
  const gone = new AbortController();
  const connect = () => {
    const client = createClient({
      ...connectionOptions(target, gone.signal),
      max: 1,
      fetch_types: false,
      onnotice: () => {},
      connection: { application_name: "with-test-db pooling" },
    });
    const ask = async (sql: string): Promise<unknown> => (await client.unsafe(sql).simple())[0]?.["pid"];
    return { client, ask, pid: () => ask("select pg_catalog.pg_backend_pid() as pid") };
  };
  const [one, other] = [connect(), connect()];
  const late = new AbortController();
  const find = async (): Promise<Pooling> => {
    const first = await one.pid();
    const ended = await one.ask("begin").then(
      () => one.ask("commit"),
      // the pooler hangs up on it, and its words may come with the next answer only
      (error: unknown) =>
        one.pid().then(
          () => REFUSED,
          (next: unknown) => ([error, next].some(saysStatement) ? REFUSED : Promise.reject(error)),
        ),
    );
    if (ended === REFUSED) return "statement";
    // more than once, since a pooler that takes turns may come round to the same one
    const ours = [first, await one.pid(), await one.pid()];
    const waiting = other.pid();
    await Promise.race([waiting, sleep(PATIENCE, undefined, { signal: late.signal }).catch(() => {})]);
    ours.push(await one.pid());
    // undefined where it still waits: the first was served meanwhile, out of turn, and so has a process of its own
    const theirs = await Promise.race([waiting, Promise.resolve()]);
    return new Set(ours).size === 1 && theirs !== ours[0] ? "session" : "transaction";
  };
  try {
    const found = find();
    found.catch(() => {});
    const deadline = sleep(CONNECT_DEADLINE, undefined, { signal: late.signal }).then(() => {
      throw new Error(`no answer within ${CONNECT_DEADLINE / 1000} s`);
    });
    deadline.catch(() => {});
    return await Promise.race([found, deadline]);
  } finally {
    late.abort();
    await Promise.all([one, other].map(({ client }) => client.end({ timeout: 0 }).catch(() => {})));
    gone.abort();
  }
}
