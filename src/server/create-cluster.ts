/** Makes the data directory of a cluster for tests: fast, since nothing in it outlives them, and open to this machine only. */
import { type ExecFileException, execFile } from "node:child_process";
import { chownSync, closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { programPath } from "./runnable-binaries.ts";
import type { ServerUser } from "./server-user.ts";

export interface Cluster {
  /** The run directory, which gets the data directory, `data`, and the log, `server.log`. */
  readonly run: string;
  /** The directory of the binaries. */
  readonly native: string;
  readonly major: number;
  /** The user to run Postgres as; null for the user of this process. */
  readonly user: ServerUser | null;
  readonly password: string;
}

const windows = process.platform === "win32";

/** Nothing has to survive a crash. */
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
  // a lease calls a function in it first thing, and loading it is a third of what a lease takes
  shared_preload_libraries: "plpgsql",
  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // tests provoke errors on purpose, by the thousand
  log_min_messages: "log",
  log_checkpoints: "off",
};

export async function createCluster(cluster: Cluster): Promise<void> {
  const { run, major, user, password } = cluster;
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
    failed = await initdb(cluster, [...options, `--locale=${locale}`]);
    if (!/locale/.test(failed)) break;
  }
  rmSync(passwordFile, { force: true });
  if (failed) throw new Error(failed);
  const lines = Object.entries(SETTINGS).map(([name, value]) => `${name} = '${value}'\n`);
  // a link there would be another's work, and lead root elsewhere
  const flags = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);
  const settings = openSync(join(data, "postgresql.conf"), flags);
  writeSync(settings, lines.join(""));
  closeSync(settings);
}

/** What went wrong; empty when nothing did. */
async function initdb({ run, native, user }: Cluster, options: readonly string[]): Promise<string> {
  try {
    const where = { ...user, cwd: join(run, "data"), windowsHide: true };
    await promisify(execFile)(programPath(native, "initdb"), options, where);
    return "";
  } catch (error) {
    const { code, stderr, message } = error as ExecFileException;
    return typeof code === "number" ? `initdb failed (${code})\n${stderr}` : `initdb: ${message}`;
  }
}
