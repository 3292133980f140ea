/**
 * Servers of a test's own: any major that is installed, with any settings, on a port of its own, its data in memory where
 * there is such a place. They end with the test, and at the latest with the process.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSession, type Session } from "../../src/connections/session.ts";
import { resolveBinaries } from "../../src/server/binaries.ts";
import { type Cluster, createCluster } from "../../src/server/create-cluster.ts";
import { isRunning, readPostmaster, startPostmaster, stopPostmaster } from "../../src/server/postmaster.ts";
import { runnableBinaries } from "../../src/server/runnable-binaries.ts";
import type { Target } from "../../src/target/target.ts";

export interface ServerOptions {
  /** One of {@link MAJORS}, or "debian" for the system's own 15. */
  readonly major: Major;
  /** Lines of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf, before the one that asks everybody for a SCRAM password. */
  readonly hba?: readonly string[];
  /** PEM texts. */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /** The directory in which its own is made. */
  readonly place?: string;
}

export interface TestServer {
  readonly port: number;
  /** The superuser, on the database postgres. */
  readonly target: Target;
  /** Where its Unix socket is. */
  readonly socketFolder: string;
  /** A session of the superuser's. */
  readonly admin: Session;
  /** Files for the server to read. */
  writeFile(name: string, content: string): string;
  /** Gives a path to the server's user. */
  own(path: string): string;
  /** Kills the postmaster (SIGKILL), or has it end everybody at once (SIGQUIT), and starts it again on the same port. */
  restart(signal: "SIGKILL" | "SIGQUIT"): Promise<void>;
  /** Whether its postmaster is there. */
  isUp(): boolean;
  /** What it has written to its log since it was started. */
  log(): string;
  /** Ends it, and leaves its data. */
  shutDown(): Promise<void>;
  /** Starts it again after it went down, on another port. */
  startAgain(): Promise<TestServer>;
  stop(): Promise<void>;
}

export const MAJORS = [15, 16, 17, 18] as const;
export type Major = (typeof MAJORS)[number] | "debian";
/** What long suites run on: the newest, or all with `ALL_MAJORS=1`. */
export const LONG_RUN_MAJORS: readonly Major[] = process.env["ALL_MAJORS"] ? MAJORS : [18];

const NOBODY = 65534;
const asRoot = process.getuid?.() === 0;
const user = asRoot ? { uid: NOBODY, gid: NOBODY } : null;

/** Where a major's binaries are, or why they are not to be had. */
export function findBinaries(major: Major): { native: string } | { missing: string } {
  if (major === "debian") {
    const native = "/usr/lib/postgresql/15";
    return existsSync(join(native, "bin", "initdb")) ? { native } : { missing: `there is no ${native}` };
  }
  if (process.platform !== "linux" || process.arch !== "x64") return { missing: "the binaries are for 64-bit Linux" };
  if (major === 18) return { native: resolveBinaries().native };
  try {
    const require = createRequire(new URL("../../packages/servers/package.json", import.meta.url));
    return { native: join(dirname(require.resolve(`postgres-${major}-linux-x64`)), "..", "native") };
  } catch {
    return { missing: `npm install has left out PostgreSQL ${major}` };
  }
}

/** Of this process alone: what looks for it finds nothing of other files that run meanwhile. */
const PASSWORD = `super-secret-${randomUUID()}`;
const running = new Set<() => void>();
process.once("exit", () => {
  for (const kill of running) kill();
});

/** Starts a server. Its superuser is `postgres`. */
export async function startServer({ major, settings = {}, hba = [], tls, place }: ServerOptions): Promise<TestServer> {
  const binaries = findBinaries(major);
  if ("missing" in binaries) throw new Error(binaries.missing);
  const run = mkdtempSync(join(place ?? (existsSync("/dev/shm") ? "/dev/shm" : tmpdir()), "with-test-db-server-"));
  chmodSync(run, 0o755);
  const own = (path: string): string => {
    if (user) chownSync(path, user.uid, user.gid);
    return path;
  };
  const kill = (): void => {
    stopPostmaster(cluster, "SIGQUIT");
    rmSync(run, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  };
  const native = runnableBinaries(binaries.native, [join(run, "native")], user);
  const cluster: Cluster = { run, native, major: major === "debian" ? 15 : major, user, password: PASSWORD };
  running.add(kill);
  try {
    const writeFile = (name: string, content: string): string => {
      writeFileSync(join(run, name), content, { mode: 0o600 });
      return own(join(run, name));
    };
    await createCluster(cluster);
    const socketFolder = join(run, "socket");
    mkdirSync(socketFolder);
    own(socketFolder);
    const all: Record<string, string> = {
      unix_socket_directories: socketFolder,
      shared_buffers: "32MB",
      max_connections: "50",
      ...(tls
        ? {
            ssl: "on",
            ssl_key_file: writeFile("server.key", tls.key),
            ssl_cert_file: writeFile("server.crt", tls.certificate),
          }
        : {}),
      ...settings,
    };
    appendFileSync(
      join(run, "data", "postgresql.conf"),
      Object.entries(all)
        .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
        .join(""),
    );
    const lines = [...hba, "local all all scram-sha-256", "host all all all scram-sha-256"];
    writeFileSync(join(run, "data", "pg_hba.conf"), `${lines.join("\n")}\n`);
    const isUp = (): boolean => isRunning(run);
    const start = async (): Promise<TestServer> => {
      const port = await startPostmaster(cluster);
      const target: Target = {
        host: "127.0.0.1",
        port,
        user: "postgres",
        password: PASSWORD,
        database: "postgres",
        tls: "prefer",
        tlsRootCert: undefined,
        origin: "option url",
      };
      const admin = await openSession(target);
      const shutDown = async (): Promise<void> => {
        await admin.close().catch(() => {});
        stopPostmaster(cluster, "SIGINT");
        for (let waited = 0; isUp() && waited < 30_000; waited += 10) await sleep(10);
      };
      const stop = async (): Promise<void> => {
        await shutDown();
        kill();
        running.delete(kill);
      };
      const restart = async (signal: "SIGKILL" | "SIGQUIT"): Promise<void> => {
        const killed = readPostmaster(run)?.pid;
        if (killed) process.kill(killed, signal);
        // its children go when they notice that it is gone, and none can start before
        for (let tries = 0; tries < 100; tries++) {
          const arguments_ = ["-D", join(run, "data"), "-p", String(port)];
          const child = spawn(join(native, "bin", "postgres"), arguments_, {
            ...user,
            cwd: join(run, "data"),
            stdio: "ignore",
          });
          while (child.exitCode === null && child.signalCode === null) {
            const started = readPostmaster(run);
            if (started?.pid === child.pid && started?.ready) return;
            await sleep(10);
          }
          await sleep(50);
        }
        throw new Error("the server does not start again");
      };
      const log = (): string => readFileSync(join(run, "server.log"), "utf8");
      return {
        port,
        target,
        socketFolder,
        admin,
        writeFile,
        own,
        isUp,
        log,
        restart,
        shutDown,
        startAgain: start,
        stop,
      };
    };
    return await start();
  } catch (error) {
    kill();
    running.delete(kill);
    throw error;
  }
}
