/** Starts, finds and stops the postmaster, the process that runs a cluster. */
import { spawn, spawnSync } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./create-cluster.ts";
import { programPath } from "./runnable-binaries.ts";

const windows = process.platform === "win32";
const PORT_ATTEMPTS = 5;
/** How long Postgres may take to accept connections, in milliseconds. */
const READY_WITHIN = 30_000;

/** Starts Postgres on a free port, another one when it was taken in between.
 *
 * @param onPort - called before each attempt
 * @param onExit - called when the server has ended, after a start that succeeded
 */
export async function startCluster(
  { run, native, user }: Cluster,
  onPort: (port: number) => void,
  onExit: () => void,
): Promise<void> {
  const data = join(run, "data");
  const logFile = join(run, "server.log");
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    onPort(port);
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
      if (ready) onExit();
    });
    const deadline = Date.now() + READY_WITHIN;
    while (!ended && Date.now() < deadline) {
      ready = postmaster(run)?.ready ?? false;
      if (ready) return;
      await sleep(5);
    }
    const words = readFileSync(logFile, "utf8");
    if (!ended) stopPostmaster({ run, native }, "SIGQUIT");
    const taken = /could not bind|could not create any TCP/.test(words);
    if (!taken || attempt === PORT_ATTEMPTS) throw new Error(`${ended || "postgres does not get ready"}\n${words}`);
  }
}

/** What the server says of itself in its data directory; undefined when it has ended cleanly. */
export function postmaster(run: string): { pid: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(run, "data", "postmaster.pid"), "utf8").split("\n");
    const pid = Number.parseInt(lines[0] ?? "", 10);
    return pid > 0 ? { pid, ready: lines[7]?.trim() === "ready" } : undefined;
  } catch {
    return undefined;
  }
}

/** @param signal - SIGINT: disconnect everybody and shut down; SIGQUIT: at once */
export function stopPostmaster({ run, native }: Pick<Cluster, "run" | "native">, signal: "SIGINT" | "SIGQUIT"): void {
  const pid = postmaster(run)?.pid;
  if (pid === undefined) return;
  try {
    if (windows)
      spawnSync(programPath(native, "pg_ctl"), ["kill", signal.slice(3), String(pid)], { windowsHide: true });
    else process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
