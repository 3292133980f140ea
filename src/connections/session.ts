/**
 * One connection of our own, for everything but the user's queries. Its settings are pinned in the startup packet, so
 * that no role's or database's defaults change what our SQL means. Failures to connect become errors that say why.
 */
import type postgres from "postgres";
import { TestDbError, wordsOf } from "../errors.ts";
import { assertSessionPooling, isPoolerRefusal, pooledError } from "../postgres/pooling.ts";
import { UnitSocket } from "../postgres/unit-socket.ts";
import { shellWord } from "../sql/identifiers.ts";
import { postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { targetUrl } from "../target/connection-url.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { CONNECT_DEADLINE, connectionOptions, createClient } from "./client.ts";
import { missedSoon } from "./keepalive.ts";
import { probe } from "./probe.ts";
import { brokenSocket, isHungUp } from "./socket.ts";
import { admitted, isFull, learnCapacity } from "./waiting.ts";

/** A connection that is ours alone. */
export interface Session {
  readonly target: Target;
  /** The server's process for it. */
  readonly pid: number;
  /** How many connections it has had: postgres.js makes a new one by itself when one was lost, and locks with it. */
  connections(): number;
  /** Whether the last of them is open. */
  isOpen(): boolean;
  /** The server's version as a number: 150020 is 15.20. */
  readonly serverVersion: number;
  /** One statement with bind parameters: text, numbers or null; lists travel as JSON, since no type is fetched. */
  rows<Row extends object = Record<string, unknown>>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Any number of statements without parameters, in one round trip. */
  script(text: string): Promise<void>;
  /** The client itself, for Drizzle's migrator. */
  readonly client: postgres.Sql;
  close(): Promise<void>;
}

/** The oldest server that is supported, and tested against. */
export const OLDEST_SERVER = 15;
/** When to ask whether the other side speaks Postgres at all, in milliseconds. */
const PROBE_AFTER = 1_000;

/**
 * What every session of ours pins, against unusual defaults of a role, a database or a server: whatever decides how SQL
 * is read, how values are printed, what is visible, or how long something may take.
 */
export const PINNED: Readonly<Record<string, string>> = {
  search_path: "pg_catalog",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  backslash_quote: "safe_encoding",
  array_nulls: "on",
  transform_null_equals: "off",
  xmloption: "content",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  check_function_bodies: "on",
  row_security: "off",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  default_transaction_isolation: "read committed",
  lock_timeout: "0",
  statement_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  // nothing of ours has to outlive a crash of the server, and what does is in the order in which it was written
  synchronous_commit: "off",
};

/** For a session that meets others on our tables: a lock on those that is held for longer is somebody's mistake. */
export const IMPATIENT: Readonly<Record<string, string>> = { lock_timeout: "10s" };

/** The same for what not every server knows, not every user may set, or what is to be empty: a startup packet can hold none of it. */
const PINNED_AFTERWARDS: Readonly<Record<string, string>> = {
  default_tablespace: "",
  temp_tablespaces: "",
  transaction_timeout: "0",
  restrict_nonsystem_relation_kind: "",
  session_replication_role: "origin",
};

export interface SessionOptions {
  /** An idle session does not keep the process alive. Not for one whose `client` is used. */
  readonly lingers?: boolean;
  /** False: once its connection is lost, all it is asked fails. For what must stop with its lock. */
  readonly reconnects?: boolean;
  /** Called when the connection is lost, once for each. */
  readonly onLost?: () => void;
  /** SQL that is true where this session is one too many; it is closed then, and waits as if it had been refused. */
  readonly isTooMany?: string;
}

/**
 * Connects, and waits in line where the server has no connection left.
 *
 * @param settings - server settings for this session, over the pinned ones
 * @throws TestDbError `SERVER_UNREACHABLE`, `SERVER_FULL`, `SERVER_AUTH_FAILED`, `SERVER_NOT_POSTGRES`, `SERVER_TOO_OLD`, `SERVER_POOLED`, `TARGET_INVALID`
 */
export async function openSession(
  target: Target,
  settings: Readonly<Record<string, string>> = {},
  options: SessionOptions = {},
): Promise<Session> {
  const connect = (to: Target): Promise<Session> =>
    admitted(target, { knock: () => connectSession(to, settings, options) });
  try {
    return await connect(target);
  } catch (error) {
    if (isPoolerRefusal(error)) throw await pooledError(target, error);
    // a server that is being restarted hangs up as well, but does not do it twice
    if (isHungUp(error)) await probe(target);
    const other = secondChance(target, error);
    if (!other) throw connectError(target, error);
    return connect(other).catch((second) => {
      throw connectError(target, isFull(second) ? second : error);
    });
  }
}

/** What libpq would try by itself, and postgres.js doesn't. */
function secondChance(target: Target, error: unknown): Target | undefined {
  const refused = postgresError(error);
  if (
    refused?.code === SQLSTATE.invalidAuthorization &&
    target.tls === "prefer" &&
    /encryption/.test(refused.message)
  ) {
    return { ...target, tls: "disable" };
  }
  const prepared = target.password && preparedPassword(target.password);
  if (refused?.code === SQLSTATE.invalidPassword && prepared && prepared !== target.password) {
    return { ...target, password: prepared };
  }
  return undefined;
}

/** A password as SCRAM wants it (RFC 4013), and as the server has stored it; md5 takes it as it is. */
const preparedPassword = (password: string): string =>
  password
    .replace(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/g, "")
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .normalize("NFKC");

const greeting = (isTooMany: string): string => `
  select pg_backend_pid() as pid, current_setting('server_version_num') as version, current_database() as database,
         current_setting('max_connections')::int as capacity, ${isTooMany} as too_many, pg_is_in_recovery() as standby,
         (select count(set_config(key, value, false)) from jsonb_each_text($1::text::jsonb)
           where current_setting(key, true) <> value
             and (key <> 'session_replication_role' or current_setting('is_superuser') = 'on')) as pinned`;

interface Greeting {
  readonly pid: number;
  readonly version: string;
  readonly database: string;
  readonly capacity: number;
  readonly too_many: boolean;
  readonly standby: boolean;
}

const oneTooMany = (): Error =>
  Object.assign(new Error("other processes hold as many connections as is good for all"), {
    code: SQLSTATE.tooManyConnections,
  });

async function connectSession(
  target: Target,
  settings: Readonly<Record<string, string>>,
  { lingers = false, reconnects = true, onLost = () => {}, isTooMany = "false" }: SessionOptions,
): Promise<Session> {
  const gone = new AbortController();
  let socket: UnitSocket | undefined;
  let made = 0;
  let ready = false;
  let saidAtLogin: number | undefined;
  let pending = 0;
  const client = createClient({
    ...connectionOptions(target, gone.signal),
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    onclose: () => {
      if (ready) onLost();
    },
    connection: { application_name: "with-test-db", ...PINNED, ...missedSoon(target), ...settings },
    ...({
      socket() {
        made++;
        if (ready && !reconnects) return brokenSocket(lost());
        socket = new UnitSocket(target, gone.signal);
        return socket;
      },
    } as object),
  });
  /** While it waits for the server, and only then, a session with `lingers` keeps the process alive. */
  const awaited = async <T>(work: Promise<T>): Promise<T> => {
    if (!lingers) return work;
    pending++;
    if (!socket?.destroyed) socket?.ref();
    try {
      return await work;
    } finally {
      if (--pending === 0 && !socket?.destroyed) socket?.unref();
    }
  };
  const end = async (timeout: number): Promise<void> => {
    ready = false;
    await client.end({ timeout });
    gone.abort();
  };
  const session: Omit<Session, "pid" | "serverVersion"> = {
    target,
    client,
    connections: () => made,
    isOpen: () => socket?.readyState === "open",
    async rows<Row extends object>(text: string, parameters: readonly unknown[] = []) {
      // parameters travel as text and are cast in the SQL, so no type has to be fetched
      // a session that lasts asks the same again: once prepared, that is one round trip instead of two
      const query = client.unsafe<Row[]>(text, parameters as postgres.ParameterOrJSON<never>[], { prepare: lingers });
      const result = await awaited(query);
      saidAtLogin ??= result.state.pid;
      return [...result] as Row[];
    },
    async script(text) {
      await awaited(client.unsafe(text).simple());
    },
    // one that was lost would be waited for in vain
    close: () => awaited(end(socket?.readyState === "open" ? 5 : 0)),
  };
  try {
    const [row] = await within(
      CONNECT_DEADLINE,
      target,
      session.rows<Greeting>(greeting(isTooMany), [JSON.stringify(PINNED_AFTERWARDS)]),
    );
    if (Number(row?.pid) !== saidAtLogin) await assertLikeAServer(session, settings);
    const serverVersion = Number(row?.version);
    learnCapacity(target, Number(row?.capacity));
    if (row?.too_many) throw oneTooMany();
    if (serverVersion < OLDEST_SERVER * 10_000) {
      throw new TestDbError("SERVER_TOO_OLD", {
        what: `The server at ${describeTarget(target)} is PostgreSQL ${(serverVersion / 10_000) | 0}`,
        why: `PostgreSQL ${OLDEST_SERVER} is the oldest that is supported`,
        next: "unset TEST_DB_URL to use the embedded server, or point it at a newer one",
      });
    }
    if (row?.standby || row?.database !== target.database) {
      throw new TestDbError("TARGET_REFUSED", {
        what: `${describeTarget(target)} was not touched`,
        why: row?.standby
          ? "it is a standby: somebody's data is replicated there"
          : `the connection ended up in the database ${JSON.stringify(row?.database)}; a pooler may be in between`,
        next: "use a server that is for tests, and its own address",
      });
    }
    ready = true;
    return { ...session, pid: Number(row?.pid), serverVersion };
  } catch (error) {
    await end(0).catch(() => {});
    throw error;
  }
}

const lost = (): Error =>
  Object.assign(new Error("the connection was lost, and its locks with it"), { code: "CONNECTION_CLOSED" });
/**
 * Something between us and the server has told of another process than the one that answers. That is no harm where it
 * passes on what a login asks for, and keeps a session together.
 *
 * @throws TestDbError `SERVER_POOLED`
 */
async function assertLikeAServer(
  { target, rows }: Pick<Session, "target" | "rows">,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const [lost] = await rows<{ setting: string }>(
    `select key as setting from jsonb_each_text($1::text::jsonb) where current_setting(key) <> value
      order by key <> 'search_path' limit 1`,
    [JSON.stringify({ ...PINNED, ...settings })],
  );
  if (lost)
    throw await pooledError(target, new Error(`the setting ${lost.setting}, asked for at login, does not hold`));
  await assertSessionPooling(target);
}

/** postgres.js reconnects without end to something that hangs up on it; this gives up, and early where nobody speaks Postgres. */
async function within<T>(deadline: number, target: Target, work: Promise<T>): Promise<T> {
  const timers: NodeJS.Timeout[] = [];
  const settled = new AbortController();
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timers.push(
          setTimeout(() => probe(target, settled.signal).catch(reject), PROBE_AFTER),
          // what came while this process did not get to run is read first
          setTimeout(() => setImmediate(() => reject(new Error(`no answer within ${deadline / 1000} s`))), deadline),
        );
      }),
    ]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    settled.abort();
    work.catch(() => {});
  }
}

/** A failure to connect, with its likely cause. */
export function connectError(target: Target, error: unknown): TestDbError {
  if (error instanceof TestDbError) return error;
  const where = describeTarget(target);
  const from = target.origin === "embedded" ? "the embedded server" : target.origin;
  const refused = postgresError(error);
  if (refused) {
    const words = postgresWords(refused);
    switch (refused.code) {
      case SQLSTATE.invalidPassword:
      case SQLSTATE.invalidAuthorization:
        return new TestDbError("SERVER_AUTH_FAILED", {
          what: `The server at ${where} refused the login`,
          why: words,
          next: /pg_hba/.test(refused.message)
            ? `let the user in from here, in that server's pg_hba.conf, or change sslmode in ${from}`
            : `check the user and the password in ${from}`,
          cause: error,
        });
      case SQLSTATE.databaseDoesNotExist:
        return new TestDbError("TARGET_INVALID", {
          what: `The server at ${target.host}:${target.port} has no database ${JSON.stringify(target.database)}`,
          why: words,
          next: `createdb -h ${shellWord(target.host)} -p ${target.port} -U ${shellWord(target.user)} ${shellWord(target.database)}`,
          cause: error,
        });
    }
    return new TestDbError("SERVER_UNREACHABLE", {
      what: `The server at ${where} did not accept the connection`,
      why: words,
      next: `psql ${shellWord(targetUrl({ ...target, password: undefined }))}`,
      cause: error,
    });
  }
  return new TestDbError("SERVER_UNREACHABLE", {
    what: `No connection to ${where} (${from})`,
    why: wordsOf(error),
    next:
      target.origin === "embedded"
        ? "run it again; if it stays, see docs/embedded.md"
        : "start that server, or unset TEST_DB_URL to use the embedded one",
    cause: error,
  });
}
