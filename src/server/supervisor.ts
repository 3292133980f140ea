/**
 * The program that runs one embedded server, in a process of its own (start-supervisor.ts): starts the server, or adopts a
 * running one, publishes the address, stops the server when no client has been connected for the idle timeout and nobody may yet
 * look into a unit that was kept there, and removes all its files.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres, { type Sql } from "postgres";
import { LOCK_CLASS } from "../connections/advisory-lock.ts";
import { forgetServer, isKeptFor } from "../kept/kept-notes.ts";
import { closeHomeDirectory, isTrusted, removeDirectory } from "./home-directory.ts";
import { notesBeside } from "./home-paths.ts";
import { isRunning, stopPostmaster } from "./postmaster.ts";
import { publishState, readState, type ServerState, stateFile, withdrawState } from "./server-state.ts";
import { releaseStartLock, takeOverStartLock } from "./start-lock.ts";
import { startServer } from "./start-server.ts";
import { SUPERVISOR_LOCK, type SupervisorOrder } from "./start-supervisor.ts";
import { watchClients } from "./watch-clients.ts";

/** Callers that have read the server's address are connected so many milliseconds after it was withdrawn. */
const CONNECTED_WITHIN = 500;
/** How long a shutdown may take before it is made a hard one, in milliseconds. */
const SHUTDOWN_WITHIN = 10_000;

const order = JSON.parse(process.argv[2] ?? "") as SupervisorOrder;
const { home, homes } = order;
const runName = order.adopt ?? `run-${process.pid}-${randomBytes(8).toString("hex")}`;
const run = join(home, runName);

/** Aborted when the server has ended or this process is told to end. */
const over = new AbortController();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => over.abort());
process.title = "with-test-db: embedded PostgreSQL";

try {
  if (!order.adopt) takeOverStartLock(home);
  const state = order.adopt ? readState(stateFile(run)) : await startServer(order, runName, () => over.abort());
  if (!state) throw new Error(`there is no server in ${run}`);
  const sql = connect(state);
  if (await takeLock(sql)) {
    const isShown = order.adopt !== null || publishState(home, runName);
    releaseStartLock(home);
    if (isShown) await watch(sql, state);
    await stop(sql, state);
  } else {
    await sql.end({ timeout: 1 }); // another supervisor was faster
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
  // an adopted server may be alive; the next caller finds out
  if (!order.adopt) {
    stopPostmaster({ run, native: order.native }, "SIGQUIT");
    await cleanUp();
  }
} finally {
  process.exit();
}

function connect({ port, password }: ServerState): Sql {
  return postgres({
    ...{ host: "127.0.0.1", port, user: "postgres", database: "postgres", password, ssl: false },
    ...{ max: 1, idle_timeout: 0, max_lifetime: null, connect_timeout: 10, fetch_types: false },
    onnotice: () => {},
    connection: { application_name: "with-test-db supervisor" },
  });
}

/** Whether this process is the one supervisor of the server. */
async function takeLock(sql: Sql): Promise<boolean> {
  const query = `select pg_try_advisory_lock(${LOCK_CLASS}, ${SUPERVISOR_LOCK}) as locked`;
  const [row] = await sql.unsafe<{ locked: boolean }[]>(query);
  return row?.locked === true;
}

/**
 * Until the server has ended, this process is told to end, or no client has been connected for the idle timeout, and no unit is
 * kept that somebody may yet look into.
 */
async function watch(sql: Sql, { port }: ServerState): Promise<void> {
  const idle = order.idleSeconds * 1000;
  const isUsed = await watchClients(sql, over.signal, async () => {
    // a test may end every connection to the server, the supervisor's with its lock included
    if (!(await takeLock(sql))) process.exit(0);
  });
  let lastUsed = Date.now();
  while (isUp()) {
    await pause(Math.min(1_000, idle / 4));
    if (!isUp()) return;
    if (await isUsed()) lastUsed = Date.now();
    if (Date.now() - lastUsed < idle || isKeptFor(port, notesBeside(homes))) continue;
    withdrawState(home, runName);
    await pause(CONNECTED_WITHIN);
    if (!isUp() || !(await isUsed())) return;
    // where callers have another server by now, this server goes on until its own clients are gone
    publishState(home, runName);
    lastUsed = Date.now();
  }
}

/** Whether the server runs, and is to stay. Its data may have been removed under it. */
function isUp(): boolean {
  return !over.signal.aborted && isRunning(run);
}

function pause(ms: number): Promise<void> {
  return sleep(ms, undefined, { signal: over.signal }).catch(() => {});
}

async function stop(sql: Sql, { native, port }: ServerState): Promise<void> {
  withdrawState(home, runName);
  stopPostmaster({ run, native }, "SIGINT");
  await sql.end({ timeout: 0 }).catch(() => {});
  const began = Date.now();
  while (isRunning(run) && Date.now() - began < SHUTDOWN_WITHIN) await sleep(10);
  stopPostmaster({ run, native }, "SIGQUIT");
  forgetServer(port, notesBeside(homes));
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  releaseStartLock(home);
  for (const each of homes.filter(isTrusted)) {
    await removeDirectory(join(each, runName));
    closeHomeDirectory(each);
  }
}
