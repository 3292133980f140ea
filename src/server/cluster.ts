/** Makes one Postgres cluster and starts it: binaries that run, a data directory, a free port. */
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { basename, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerUser } from "./home-directory.ts";

/** A cluster to be made. */
export interface Cluster {
  /** The directory of this server; `data` and `server.log` are in it. */
  readonly run: string;
  /** The directory of its binaries. */
  readonly native: string;
  readonly major: number;
  readonly user: ServerUser | null;
  readonly password: string;
}

const windows = process.platform === "win32";
const PORT_ATTEMPTS = 5;
/** How long Postgres may take to accept connections, in milliseconds. */
const READY_WITHIN = 30_000;

/** Nothing here outlives the tests, so nothing has to survive a crash. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  // migrations may create publications and slots
  wal_level: "logical",
  max_wal_senders: "4",
  // the data may be on a tmpfs, and a forgotten slot keeps write-ahead log for ever
  min_wal_size: "32MB",
  max_wal_size: "256MB",
  max_slot_wal_keep_size: "256MB",
  max_connections: "200",
  // dropping a schema takes about eight locks a table
  max_locks_per_transaction: "256",
  shared_buffers: "128MB",
  // in the data directory, and so removed with it even if the server is killed; /dev/shm would keep it
  ...(windows ? {} : { dynamic_shared_memory_type: "mmap" }),
  jit: "off",
  autovacuum: "on",
  password_encryption: "scram-sha-256",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  logging_collector: "off",
  // tests provoke errors on purpose, by the thousand
  log_min_messages: "log",
  log_checkpoints: "off",
};

/** Binaries that run here, as the given user: the package's own where they do, else a private copy. */
export function runnableBinaries(native: string, placeForCopy: () => string, user: ServerUser | null): string {
  try {
    linkLibraries(native);
  } catch {
    // read-only; then the copy gets the links
  }
  if (tryOut(native, user) === undefined) return native;
  const copy = placeForCopy();
  cpSync(native, copy, {
    recursive: true,
    dereference: true,
    // libraries for linking against
    filter: (path) => !path.endsWith(".a"),
  });
  // a read-only package has read-only directories, and a strict umask makes files that the server's user can't read
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
    const program = entry.isDirectory() || basename(entry.parentPath) === "bin";
    chmodSync(join(entry.parentPath, entry.name), program ? 0o755 : 0o644);
  }
  chmodSync(copy, 0o755);
  linkLibraries(copy);
  const words = tryOut(copy, user);
  if (words !== undefined) throw new Error(words);
  return copy;
}

/** A package holds no symbolic links. Its install script makes them from a list; without install scripts, we do. */
function linkLibraries(native: string): void {
  let list: { source: string; target: string }[];
  try {
    list = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
  } catch {
    return; // Windows has none
  }
  for (const { source, target } of list) {
    const [from, to] = [inNative(native, source), inNative(native, target)];
    try {
      symlinkSync(relative(dirname(to), from), to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** The list's paths begin with "native/". */
const inNative = (native: string, path: string): string => join(native, path.replace(/^native[\\/]/, ""));

/** Why the binaries don't run; undefined when they do. Trying beats checking modes, links and libraries one by one. */
function tryOut(native: string, user: ServerUser | null): string | undefined {
  for (const name of ["initdb", "postgres"]) {
    const { error, status, stderr } = spawnSync(binary(native, name), ["--version"], {
      ...user,
      cwd: "/",
      encoding: "utf8",
      windowsHide: true,
    });
    if (error || status !== 0) return `${name} does not run: ${error ? error.message : stderr.trim()}`;
  }
  return undefined;
}

/** Makes the data directory. */
export async function createCluster({ run, native, major, user, password }: Cluster): Promise<void> {
  const data = join(run, "data");
  const passwordFile = join(run, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  mkdirSync(data, { mode: 0o700 });
  if (user) for (const path of [data, passwordFile]) chownSync(path, user.uid, user.gid);
  const options = [
    ...["-D", data, "--username=postgres", `--pwfile=${passwordFile}`, "--auth=scram-sha-256", "--encoding=UTF8"],
    ...["--no-sync", "--no-instructions"],
    // the password is random, 128 bits long and only good on the loopback address: iterating adds nothing but CPU time
    ...(major >= 16 ? ["--set=scram_iterations=1"] : []),
    ...(major >= 16 && !windows ? ["--set=dynamic_shared_memory_type=mmap"] : []),
    ...(major >= 18 ? ["--no-data-checksums"] : []),
  ];
  let failed = "";
  for (const locale of ["C.UTF-8", "C"]) {
    failed = await initialise(run, binary(native, "initdb"), [...options, `--locale=${locale}`], user);
    if (!/invalid locale name|locale/.test(failed)) break;
  }
  rmSync(passwordFile, { force: true });
  if (failed) throw new Error(failed);
  const lines = Object.entries({ ...SETTINGS, ...(major >= 16 ? { scram_iterations: "1" } : {}) });
  appendFileSync(join(data, "postgresql.conf"), lines.map(([name, value]) => `${name} = '${value}'\n`).join(""));
}

/** What went wrong; empty when nothing did. */
function initialise(
  run: string,
  program: string,
  options: readonly string[],
  user: ServerUser | null,
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(program, options, {
      ...user,
      cwd: join(run, "data"),
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
    });
    let words = "";
    child.stderr.on("data", (chunk) => {
      words += chunk;
    });
    child.once("error", (error) => resolve(`initdb: ${error.message}`));
    child.once("close", (code) => resolve(code === 0 ? "" : `initdb failed (${code})\n${words}`));
  });
}

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
      ? ["pg_ctl", ["start", "-W", "-D", data, "-l", logFile, "-o", `-p ${port}`]]
      : ["postgres", ["-D", data, "-p", String(port)]];
    let ended = "";
    let ready = false;
    const child = spawn(binary(native, program), options, {
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

/** Whether a process is there and not merely waiting to be reaped; the same as in start-lock.ts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** @param signal - SIGINT: disconnect everybody and shut down; SIGQUIT: at once */
export function stopPostmaster({ run, native }: Pick<Cluster, "run" | "native">, signal: "SIGINT" | "SIGQUIT"): void {
  const pid = postmaster(run)?.pid;
  if (pid === undefined) return;
  try {
    if (windows) spawnSync(binary(native, "pg_ctl"), ["kill", signal.slice(3), String(pid)], { windowsHide: true });
    else process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

const binary = (native: string, name: string): string => join(native, "bin", windows ? `${name}.exe` : name);

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
