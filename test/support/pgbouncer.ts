/** PgBouncers of a test's own, in front of a server, on a free port. They end with the test, and at the latest with the process. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SSL_REQUEST } from "../../src/connections/probe.ts";
import { openSocket } from "../../src/connections/socket.ts";
import type { Target } from "../../src/target/target.ts";
import { freePort } from "./free-port.ts";

const found = spawnSync("pgbouncer", ["--version"], { encoding: "utf8" });

/** Why there is none; undefined where there is. */
export const pgbouncerMissing: string | undefined =
  found.status === 0 ? undefined : "there is no pgbouncer here: apt-get install pgbouncer";

export interface PgbouncerOptions {
  readonly poolMode: "session" | "transaction" | "statement";
  /** Further lines of the section [pgbouncer]. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of the section [databases]; every database of the server, unless told. */
  readonly databases?: readonly string[];
}

export interface Pgbouncer {
  /** The same login, through it. */
  readonly target: Target;
  /** What it has written to its log. */
  log(): string;
  stop(): Promise<void>;
}

/** A user that both know: PgBouncer refuses to be root. */
const NOBODY = 65534;
const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts one in front of `server`, for the users with the given passwords. */
export async function startPgbouncer(
  server: Target,
  { poolMode, settings = {}, databases = [`* = host=${server.host} port=${server.port}`] }: PgbouncerOptions,
): Promise<Pgbouncer> {
  const folder = mkdtempSync(join(tmpdir(), "with-test-db-pgbouncer-"));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const log = join(folder, "log");
  const all = {
    listen_addr: "127.0.0.1",
    listen_port: String(port),
    unix_socket_dir: "",
    auth_type: "scram-sha-256",
    auth_file: join(folder, "users"),
    logfile: log,
    pool_mode: poolMode,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  for (const [name, content] of [
    ["ini", ["[databases]", ...databases, "[pgbouncer]", ...lines].join("\n")],
    ["users", `${quote(server.user)} ${quote(server.password ?? "")}`],
    ["log", ""],
  ] as const) {
    writeFileSync(join(folder, name), `${content}\n`, { mode: 0o600 });
    if (user.uid) chownSync(join(folder, name), user.uid, NOBODY);
  }
  const child = spawn("pgbouncer", ["-q", join(folder, "ini")], { ...user, cwd: "/", stdio: "ignore" });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
    running.delete(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const target: Target = { ...server, host: "127.0.0.1", port, tls: "disable" };
  for (let attempt = 0; !(await answers(target)); attempt++) {
    if (attempt === 1_000 || child.exitCode !== null) {
      const words = readFileSync(log, "utf8");
      await stop();
      throw new Error(`pgbouncer did not start: ${words}`);
    }
    await sleep(20);
  }
  return { target, log: () => readFileSync(log, "utf8"), stop };
}

async function answers(target: Target): Promise<boolean> {
  const socket = await openSocket(target).catch(() => undefined);
  socket?.end(SSL_REQUEST);
  return socket !== undefined;
}
