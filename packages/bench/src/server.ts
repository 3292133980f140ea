/**
 * The server that is measured on: one of our own in one of two settings, with a data directory of its own, stopped and
 * removed afterwards; or one that was named. On that one, only databases of this run's own are made, and dropped.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { MARK } from "../../../src/control/databases.ts";
import { folderKey } from "../../../src/migrations/fingerprint.ts";
import { resolveBinaries } from "../../../src/server/binaries.ts";
import { createCluster } from "../../../src/server/create-cluster.ts";
import { readPostmaster, startPostmaster, stopPostmaster } from "../../../src/server/postmaster.ts";
import { runnableBinaries } from "../../../src/server/runnable-binaries.ts";
import { serverUser } from "../../../src/server/server-user.ts";
import { processorTimeAtRest } from "./processor-time.ts";

export const SETTINGS = {
  tmpfs: "tmpfs, durability off",
  disk: "disk, defaults",
  given: "the server given by --url",
} as const;
export type Setting = keyof typeof SETTINGS;

export interface Server {
  readonly setting: Setting;
  readonly version: string;
  /** A database's URL. */
  url(database: string): string;
  readonly admin: postgres.Sql;
  /** Makes an empty database of this run; its name is returned. */
  createDatabase(label: string, template?: string): Promise<string>;
  /** Says which migrations are used on it: the homes of these are this run's. */
  uses(migrationsFolder: string): void;
  /** Drops a database of this run, and the homes that were made for it. */
  dropDatabase(name: string): Promise<void>;
  /** Until nothing that somebody left to be done in the background is under way. */
  settle(): Promise<void>;
  /**
   * The processor time that all of the server's processes but this session's have taken so far, in milliseconds, once
   * they have come to rest; undefined where it can't be read.
   */
  readonly processorTime: (() => Promise<number>) | undefined;
  stop(): Promise<void>;
}

const TMPFS = 0x01021994;
const STOP_WITHIN = 10_000;

/** Starts a server. */
export async function startServer(setting: "tmpfs" | "disk", spareFolder: string): Promise<Server> {
  const run = mkdtempSync(join(setting === "tmpfs" ? memory() : disk(spareFolder), "with-test-db-bench-"));
  const binaries = mkdtempSync(join(tmpdir(), "with-test-db-bench-"));
  for (const folder of [run, binaries]) chmodSync(folder, 0o711);
  const user = serverUser() ?? null;
  const { native: packaged, version } = resolveBinaries();
  const native = runnableBinaries(packaged, [join(binaries, "native")], user);
  const cluster = { run, native, major: Number.parseInt(version, 10), user, password: randomBytes(8).toString("hex") };
  const remove = (): void => {
    for (const folder of [run, binaries]) rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  };
  const kill = (): void => {
    stopPostmaster(cluster, "SIGQUIT");
    remove();
  };
  process.once("exit", kill);
  await createCluster(cluster);
  if (setting === "disk") restoreDefaults(join(run, "data", "postgresql.conf"));
  const port = await startPostmaster(cluster);
  const base = new URL(`postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`);
  const server = await openServer(setting, base);
  const [row] = await server.admin`select current_setting('fsync') as fsync`;
  if (row?.["fsync"] !== (setting === "disk" ? "on" : "off"))
    throw new Error(`fsync is ${row?.["fsync"]} on ${setting}`);
  const root = readPostmaster(run)?.pid;
  return {
    ...server,
    processorTime: process.platform === "linux" && root ? () => processorTimeOnServer(server, root) : undefined,
    async stop() {
      await server.admin.end({ timeout: 1 });
      stopPostmaster(cluster, "SIGINT");
      for (const began = Date.now(); readPostmaster(run) && Date.now() - began < STOP_WITHIN; ) await sleep(20);
      kill();
      process.off("exit", kill);
    },
  };
}

/** Uses the server that was named. */
export async function useServer(url: string): Promise<Server> {
  const server = await openServer("given", new URL(url));
  return {
    ...server,
    async stop() {
      const own = await server.admin`select datname from pg_database where datname like ${`${server.prefix}%`}`;
      for (const { datname } of own) await server.dropDatabase(datname);
      await server.admin.end({ timeout: 1 });
    },
  };
}

async function processorTimeOnServer({ admin, settle }: Server, root: number): Promise<number> {
  await settle();
  const [own] = await admin`select pg_backend_pid() as pid`;
  return await processorTimeAtRest(root, new Set([own?.["pid"]]));
}

async function openServer(setting: Setting, base: URL): Promise<Server & { prefix: string }> {
  const admin = postgres(base.href, { max: 1, idle_timeout: 0, max_lifetime: null, fetch_types: false, onnotice() {} });
  const [row] = await admin`select current_setting('server_version') as version`;
  const folders = new Set<string>();
  const user = decodeURIComponent(base.username);
  const prefix = `bench_${randomBytes(4).toString("hex")}_`;
  const drop = (name: string): Promise<unknown> => admin.unsafe(`drop database if exists "${name}" with (force)`);
  return {
    setting,
    prefix,
    version: row?.["version"],
    admin,
    url: (database) => Object.assign(new URL(base), { pathname: `/${database}` }).href,
    uses: (migrationsFolder) => void folders.add(migrationsFolder),
    async createDatabase(label, template) {
      const name = prefix + label;
      await admin.unsafe(`create database "${name}"${template ? ` template "${template}"` : ""}`);
      return name;
    },
    async dropDatabase(name) {
      const keys = [...folders].map((folder) => folderKey({ folder }, { user, database: name }));
      // a home first: its units and its template are known by it
      const ours = await admin`
        with marked as (
          select datname, substr(shobj_description(oid, 'pg_database'), ${String(MARK.length + 2)}::int)::jsonb as mark
            from pg_database
           where datname like 'it!_%' escape '!' and shobj_description(oid, 'pg_database') like ${`${MARK} {%`})
        select datname from marked
         where mark ->> 'home' in (select datname from marked where ${JSON.stringify(keys)}::jsonb ? (mark ->> 'folder'))`;
      for (const { datname } of ours) await drop(datname);
      await drop(name);
    },
    async settle() {
      // a process that has something left to do may only be connecting for it
      for (let quiet = 0; quiet < 5; ) {
        const [busy] = await admin`
          select count(*)::int as n from pg_stat_activity
           where backend_type = 'client backend' and pid <> pg_backend_pid()
             and (state is null or state = 'active' or state like 'idle in transaction%')`;
        quiet = busy?.["n"] === 0 ? quiet + 1 : 0;
        await sleep(4);
      }
    },
    // it may be on another machine
    processorTime: undefined,
    stop: () => admin.end({ timeout: 1 }),
  };
}

function memory(): string {
  try {
    if (statfsSync("/dev/shm").type === TMPFS) return "/dev/shm";
  } catch {
    // not Linux
  }
  process.stderr.write("bench: no /dev/shm here; the server with durability off is on disk, too\n");
  return tmpdir();
}

const disk = (spareFolder: string): string => (statfsSync(tmpdir()).type === TMPFS ? spareFolder : tmpdir());

/** Takes away what the embedded server sets, all but where it listens: the rest is what initdb wrote. */
function restoreDefaults(file: string): void {
  const text = readFileSync(file, "utf8");
  const ours = text.lastIndexOf("\nlisten_addresses = ");
  if (ours < 0) throw new Error(`${file} is not as createCluster() left it`);
  writeFileSync(file, `${text.slice(0, ours)}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n`);
}

/** Makes a folder and returns it. */
export function freshFolder(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}
