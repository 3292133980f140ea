/** Starts, finds and stops the postmaster, the process that runs a cluster. `postmaster.pid` in the data directory has its id. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, statSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { now, sleep } from "../timers.ts";
import type { Cluster } from "./create-cluster.ts";
import { isAlive } from "./is-alive.ts";
import { programPath } from "./runnable-binaries.ts";
import { isRoot } from "./server-user.ts";

const windows = process.platform === "win32";
const PORT_ATTEMPTS = 5;
const READY_WITHIN = 30_000;

/** Returns the port. `onPort` is called before each attempt, `onExit` when a postmaster has ended that did start. */
export async function startPostmaster(
  cluster: Cluster,
  onPort?: (port: number) => void,
  onExit?: () => void,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    onPort?.(port);
    const failure = await startOn(port, cluster, onExit);
    if (failure === undefined) return port;
    const taken = /could not bind|could not create any TCP/.test(failure);
    // another process may have taken the port in between
    if (!taken || attempt === PORT_ATTEMPTS) throw new Error(failure);
  }
}

/** The postmaster of a run directory; undefined when it has ended cleanly, or while initdb runs. */
export function readPostmaster(run: string): { readonly pid: number; readonly ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(run, "data", "postmaster.pid"), "utf8").split("\n");
    // a negative number is initdb's
    const pid = Number.parseInt(lines[0] ?? "", 10);
    // whoever runs as nobody, as the server does, may write there, and would have root end any process
    const isChecked = isRoot() && process.platform === "linux" && pid > 0;
    if (isChecked && statSync(`/proc/${pid}`).uid !== statSync(join(run, "data")).uid) return undefined;
    return pid > 0 ? { pid, ready: lines[7]?.trim() === "ready" } : undefined;
  } catch {
    return undefined;
  }
}

export function isRunning(run: string): boolean {
  const pid = readPostmaster(run)?.pid;
  return pid !== undefined && isAlive(pid);
}

/** @param signal - SIGINT: disconnect everybody and shut down; SIGQUIT: at once */
export function stopPostmaster({ run, native }: Pick<Cluster, "run" | "native">, signal: "SIGINT" | "SIGQUIT"): void {
  const pid = readPostmaster(run)?.pid;
  if (pid === undefined) return;
  try {
    if (windows) spawnSync(programPath(native, "pg_ctl"), ["kill", signal.slice(3), `${pid}`], { windowsHide: true });
    else process.kill(pid, signal);
  } catch {
    // the postmaster has ended
  }
}

/** Returns why Postgres did not start, with the log; undefined once it accepts connections. */
async function startOn(port: number, cluster: Cluster, onExit?: () => void): Promise<string | undefined> {
  const { run, native, user } = cluster;
  const data = join(run, "data");
  const logFile = join(run, "server.log");
  const log = openSync(logFile, "w", 0o600);
  // Postgres refuses to run as an administrator; on Windows pg_ctl gives up the rights first
  const [program, options] = windows
    ? (["pg_ctl", ["start", "-W", "-D", data, "-l", logFile, "-o", `-p ${port}`]] as const)
    : (["postgres", ["-D", data, "-p", String(port)]] as const);
  let ended = "";
  let ready = false;
  const child = spawn(programPath(native, program), options, {
    ...user,
    cwd: data,
    stdio: ["ignore", log, log],
    windowsHide: true,
  });
  child.once("error", (error) => {
    ended = `${program}: ${error.message}`;
  });
  child.once("exit", (code) => {
    if (windows && code === 0) return;
    ended = `postgres ended (${code})`;
    if (ready) onExit?.();
  });
  const deadline = now() + READY_WITHIN;
  while (!ended && now() < deadline) {
    ready = readPostmaster(run)?.ready ?? false;
    if (ready) return undefined;
    await sleep(5);
  }
  const words = readFileSync(logFile, "utf8");
  if (!ended) stopPostmaster({ run, native }, "SIGQUIT");
  return `${ended || "postgres does not get ready"}\n${words}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await once(server.close(), "close");
  return port;
}
