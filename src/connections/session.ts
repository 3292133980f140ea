/**
 * One connection of ours, for everything but the user's queries. Its settings are pinned in the startup packet, so that no
 * role's or database's defaults change what our SQL means. Failures to connect become errors that say why.
 */
import type { Socket } from "node:net";
import type postgres from "postgres";
import { TestDbError } from "../errors.ts";
import { assertServerVersion } from "../guard/server-version.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { uncaptured } from "../uncaptured.ts";
import { connectionOptions, createClient } from "./client.ts";
import { BrokenSocket } from "./client-sockets.ts";
import { connectError } from "./connect-error.ts";
import { letDriversPass } from "./drivers-timers.ts";
import { keepaliveSettings } from "./keepalive.ts";
import { PINNED, PINNED_AFTERWARDS } from "./pinned-settings.ts";
import { assertSameProcess, poolerError } from "./pooler.ts";
import { unlessNotPostgres } from "./probe.ts";
import { withSecondChance } from "./second-chance.ts";
import { Sockets } from "./sockets.ts";
import { DEADLINE, whenThereIsRoom } from "./waiting.ts";

/** A connection that is ours alone. */
export interface Session {
  /** Where it leads, in the way that the login succeeded. */
  readonly target: Target;
  /** The server's process for it. */
  readonly pid: number;
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

export interface SessionOptions {
  /** How long to wait while the server has no connection left, in milliseconds. `@default 60_000` */
  readonly deadline?: number;
  /** Whether an idle session lets the process end. Not for one whose `client` is used. `@default false` */
  readonly lingers?: boolean;
  /** False: once its connection is lost, every query fails. For what must stop with its lock. `@default true` */
  readonly reconnects?: boolean;
  /** Called when the connection is lost, once for each. */
  readonly onLost?: () => void;
}

/**
 * Connects, and waits where the server has no connection left.
 *
 * @param settings - server settings for this session, over the pinned ones
 * @throws TestDbError `SERVER_UNREACHABLE`, `SERVER_FULL`, `SERVER_AUTH_FAILED`, `SERVER_NOT_POSTGRES`, `SERVER_TOO_OLD`, `SERVER_POOLED`, `TARGET_INVALID`, `TARGET_REFUSED`
 */
export async function openSession(
  target: Target,
  settings: Readonly<Record<string, string>> = {},
  options: SessionOptions = {},
): Promise<Session> {
  const { deadline = DEADLINE } = options;
  try {
    return await withSecondChance(target, (to) =>
      whenThereIsRoom(to, deadline, () => connectSession(to, settings, options)),
    );
  } catch (error) {
    throw connectError(target, error);
  }
}

/** Opens a session for as long as some work takes. Once its connection is lost, the work fails. */
export async function inSession<T>(
  target: Target,
  work: (session: Session) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
  deadline: number = DEADLINE,
): Promise<T> {
  const session = await openSession(target, settings, { reconnects: false, deadline });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function connectSession(
  target: Target,
  settings: Readonly<Record<string, string>>,
  { lingers = false, reconnects = true, onLost = () => {} }: SessionOptions,
): Promise<Session> {
  const sockets = new Sockets();
  const options = connectionOptions(target, sockets) as { socket(): Promise<Socket> };
  const pinned = { ...PINNED, ...keepaliveSettings(target), ...settings };
  let socket: Socket | undefined;
  let ready = false;
  let told: number | undefined;
  let pending = 0;
  const client = createClient({
    ...options,
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    onclose: () => {
      if (ready) onLost();
    },
    connection: { application_name: "with-test-db", ...pinned },
    ...({
      socket: async () => {
        socket = await (ready && !reconnects ? new BrokenSocket(lostError()) : options.socket());
        if (ready && lingers && pending === 0) socket.unref();
        return socket;
      },
    } as object),
  });
  /** While the server is asked, and only then, a session that lingers keeps the process alive. */
  const awaited = async <T>(work: Promise<T>): Promise<T> => {
    letDriversPass();
    if (!lingers) return work;
    pending++;
    socket?.ref();
    try {
      return await work;
    } finally {
      if (--pending === 0) socket?.unref();
    }
  };
  const end = async (timeout: number): Promise<void> => {
    ready = false;
    await client.end({ timeout });
    sockets.destroy();
  };
  const session: Omit<Session, "pid" | "serverVersion"> = {
    target,
    client,
    async rows<Row extends object>(text: string, parameters: readonly unknown[] = []) {
      // parameters travel as text and are cast in the SQL, so no type has to be fetched; a session that lasts asks the same
      // again: once prepared, that is one round trip instead of two
      const query = client.unsafe<Row[]>(text, parameters as postgres.ParameterOrJSON<never>[], { prepare: lingers });
      const result = await awaited(uncaptured(async () => await query));
      told ??= result.state.pid;
      return [...result] as Row[];
    },
    async script(text) {
      await awaited(uncaptured(async () => await client.unsafe(text).simple()));
    },
    // a connection that was lost would be waited for in vain
    close: () => awaited(end(socket?.readyState === "open" ? 5 : 0)),
  };
  try {
    const [row] = await unlessNotPostgres(
      target,
      session.rows<Greeting>(GREETING, [JSON.stringify(PINNED_AFTERWARDS)]),
    );
    if (row === undefined) throw new Error("the server answered nothing");
    if (row.path !== pinned.search_path) {
      throw poolerError(target, "the setting search_path, asked for at login, does not hold");
    }
    assertSameProcess(target, Number(row.pid), told);
    assertServerVersion(target, Number(row.version));
    assertWritable(target, row);
    ready = true;
    return { ...session, pid: Number(row.pid), serverVersion: Number(row.version) };
  } catch (error) {
    await end(0).catch(() => {});
    throw error;
  }
}

/** What the first query of a session asks, and it pins what a startup packet can't. */
const GREETING = `
  select pg_backend_pid() as pid, current_setting('server_version_num') as version, current_database() as database,
         current_setting('search_path') as path, pg_is_in_recovery() as standby,
         (select count(set_config(key, value, false)) from jsonb_each_text($1::text::jsonb)
           where current_setting(key, true) <> value
             and (key <> 'session_replication_role' or current_setting('is_superuser') = 'on')) as pinned`;

interface Greeting {
  readonly pid: number;
  readonly version: string;
  readonly database: string;
  readonly path: string;
  readonly standby: boolean;
}

const lostError = (): Error =>
  Object.assign(new Error("the connection was lost, and its locks with it"), { code: "CONNECTION_CLOSED" });

function assertWritable(target: Target, { standby, database }: Greeting): void {
  if (!standby && database === target.database) return;
  throw new TestDbError("TARGET_REFUSED", {
    what: `${describeTarget(target)} was not touched`,
    why: standby
      ? "it is a standby: somebody's data is replicated there"
      : `the connection ended up in the database ${JSON.stringify(database)}`,
    next: "use a server that is for tests, and its own address",
  });
}
