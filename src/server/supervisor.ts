/**
 * The process that runs one embedded server. It is started detached by embedded.ts, which also says what the files
 * are; it publishes its server, stops it when nobody has been connected for a while, and removes all there was.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres, { type Sql } from "postgres";
import { createCluster } from "./create-cluster.ts";
import { isAlive } from "./is-alive.ts";
import { postmaster, startCluster, stopPostmaster } from "./postmaster.ts";
import { runnableBinaries } from "./runnable-binaries.ts";
import type { ServerState } from "./server-state.ts";
import type { ServerUser } from "./server-user.ts";

interface Order {
  readonly home: string;
  readonly homes: readonly string[];
  readonly native: string;
  readonly version: string;
  readonly user: ServerUser | null;
  readonly idleSeconds: number;
  /** The running server to take over, whose supervisor was killed. */
  readonly adopt: string | null;
}

/** Who is connected. */
interface Look {
  readonly backend: number;
  readonly clients: number;
  readonly sessions: string;
}

/** Between taking the server's address back and stopping it: whoever has read the address is connected by then. */
const GRACE = 500;
/** How long a shutdown may take before it is made a hard one, in milliseconds. */
const SHUTDOWN_WITHIN = 10_000;
const PATIENCE = 10_000;

const order = JSON.parse(process.argv[2] ?? "") as Order;
const { home, homes, idleSeconds } = order;
const published = join(home, "server.json");
const startLock = join(home, "start.lock");
const runName = order.adopt ?? `run-${process.pid}-${randomBytes(8).toString("hex")}`;
const run = join(home, runName);
const stateFile = join(run, "state.json");

/** Aborted when the server has ended or we are told to end; wakes us up. */
const over = new AbortController();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => over.abort());
process.title = "with-test-db: embedded PostgreSQL";

try {
  const state = order.adopt ? readState(stateFile) : await start();
  const sql = connect(state);
  if (await supervise(sql)) {
    if (order.adopt || publish()) await watch(sql);
    await stop(sql, state);
  } else {
    await sql.end({ timeout: 1 }); // another supervisor was faster
  }
  process.exitCode = 0;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
  // an adopted server may well be alive; the next caller sees
  if (!order.adopt) {
    stopPostmaster({ run, native: order.native }, "SIGQUIT");
    await cleanUp();
  }
} finally {
  process.exit();
}

async function start(): Promise<ServerState> {
  writeFileSync(startLock, String(process.pid));
  const password = randomBytes(16).toString("hex");
  const major = Number.parseInt(order.version, 10);
  // a tmpfs may be mounted noexec, so a copy goes to the last home, which is an ordinary directory
  const copyHome = homes[homes.length - 1] as string;
  makeDirectory(run);
  const native = runnableBinaries(
    order.native,
    () => {
      if (copyHome !== home) makeDirectory(join(copyHome, runName));
      return join(copyHome, runName, "native");
    },
    order.user,
  );
  const cluster = { run, native, major, user: order.user, password };
  await createCluster(cluster);
  let state: ServerState | undefined;
  await startCluster(
    cluster,
    (port) => {
      state = {
        run: runName,
        port,
        password,
        dataDirectory: join(run, "data"),
        native,
      };
      // before the server starts, so that it can be found and stopped should we be killed
      writeFileSync(`${stateFile}.new`, JSON.stringify(state), { mode: 0o600 });
      renameSync(`${stateFile}.new`, stateFile);
    },
    () => over.abort(),
  );
  return state as unknown as ServerState;
}

function connect({ port, password }: ServerState): Sql {
  return postgres({
    ...{ host: "127.0.0.1", port, user: "postgres", database: "postgres", password, ssl: false },
    ...{ max: 1, idle_timeout: 0, max_lifetime: null, connect_timeout: PATIENCE / 1000, fetch_types: false },
    onnotice: () => {},
    connection: { application_name: "with-test-db supervisor" },
  });
}

/** Becomes the one supervisor of the server. The lock is the session's, so it is free as soon as its holder is dead. */
async function supervise(sql: Sql): Promise<boolean> {
  const [row] = await sql`select pg_try_advisory_lock(2004116578, 1) as locked`;
  return row?.["locked"] === true;
}

/** Shows the server to callers. */
function publish(): boolean {
  try {
    linkSync(stateFile, published);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    releaseStartLock();
  }
}

/** Takes the server's address back. */
function withdraw(): void {
  try {
    if (readState(published).run === runName) rmSync(published, { force: true });
  } catch {
    // nothing is published
  }
}

/** Until the server has ended, we are told to end, or nobody has been connected for the time that was asked for. */
async function watch(sql: Sql): Promise<void> {
  const idle = idleSeconds * 1000;
  let { backend, sessions } = (await look(sql)) ?? { backend: 0, sessions: "" };
  let lastSeen = Date.now();
  const inUse = async (): Promise<boolean> => {
    const now = await look(sql);
    if (!now) return true; // it cannot be told; wait for a better moment
    // tests may end every connection to the server, ours included, and the lock went with it
    if (now.backend !== backend && !(await supervise(sql))) process.exit(0);
    const changed = now.sessions !== sessions;
    ({ backend, sessions } = now);
    return changed || now.clients > 0;
  };
  while (isUp()) {
    await pause(Math.min(1_000, idle / 4));
    if (!isUp()) return;
    if (await inUse().catch(() => true)) lastSeen = Date.now();
    if (Date.now() - lastSeen < idle) continue;
    withdraw();
    await pause(GRACE);
    if (!isUp() || !(await inUse().catch(() => true))) return;
    // should callers have got another server by now, this one goes on until its own are gone
    publish();
    lastSeen = Date.now();
  }
}

/** Who is connected. Connections that came and went between two looks are seen by the servers' count of sessions. */
async function look(sql: Sql): Promise<Look | undefined> {
  const query = sql`
    select pg_backend_pid() as backend,
      (select count(*)::int from pg_stat_activity
        where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()) as clients,
      (select sum(sessions)::text from pg_stat_database) as sessions`;
  const rows = await Promise.race([query, pause(PATIENCE)]).catch(() => undefined);
  return rows?.[0] as Look | undefined;
}

/** Whether the server is there and nobody told us to end. Its data may also have been removed under it. */
function isUp(): boolean {
  return !over.signal.aborted && isRunning();
}

function isRunning(): boolean {
  const pid = postmaster(run)?.pid;
  return pid !== undefined && isAlive(pid);
}

async function stop(sql: Sql, { native }: ServerState): Promise<void> {
  withdraw();
  stopPostmaster({ run, native }, "SIGINT");
  await sql.end({ timeout: 0 }).catch(() => {});
  const began = Date.now();
  while (isRunning() && Date.now() - began < SHUTDOWN_WITHIN) await sleep(10);
  stopPostmaster({ run, native }, "SIGQUIT");
  await cleanUp();
}

/** Removes what is ours, and the directories above it once they are empty. */
async function cleanUp(): Promise<void> {
  releaseStartLock();
  for (const each of homes) {
    // a server that died left children, which may be writing still
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        rmSync(join(each, runName), { recursive: true, force: true });
        break;
      } catch {
        await sleep(50);
      }
    }
    for (const directory of [each, dirname(each)]) {
      try {
        rmdirSync(directory);
      } catch {
        break; // somebody else is in there
      }
    }
  }
}

function releaseStartLock(): void {
  try {
    if (readFileSync(startLock, "utf8") === String(process.pid)) rmSync(startLock, { force: true });
  } catch {
    // it is gone
  }
}

/** Passable for the server's user and readable for nobody else, whatever the umask. */
function makeDirectory(directory: string): void {
  mkdirSync(directory);
  if (order.user) chmodSync(directory, 0o711);
  else chmodSync(directory, 0o700);
}

function readState(file: string): ServerState {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Sleeps, but not once it is over. */
async function pause(ms: number): Promise<undefined> {
  await sleep(ms, undefined, { signal: over.signal }).catch(() => {});
  return undefined;
}
