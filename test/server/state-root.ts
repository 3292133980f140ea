/**
 * A state root of each test's own, in which its home directories are. Its servers end with the test, which fails where a process
 * or a file is left.
 */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { resolveBinaries } from "../../src/server/binaries.ts";
import { homePaths } from "../../src/server/home-paths.ts";
import { isAlive } from "../../src/server/is-alive.ts";
import { readPostmaster } from "../../src/server/postmaster.ts";
import { publishedFile, readState, type ServerState } from "../../src/server/server-state.ts";

/** Longer than any test, which ends its supervisor itself. In seconds. */
const IDLE = "90";

export let stateRoot: string;
export let home: string;

beforeEach(() => {
  vi.stubEnv("TEST_DB_EMBEDDED_IDLE", IDLE);
  stateRoot = mkdtempSync(join(realpathSync(existsSync("/dev/shm") ? "/dev/shm" : tmpdir()), "with-test-db-it-"));
  chmodSync(stateRoot, 0o755);
  home = homePaths(resolveBinaries().version, [stateRoot])[0] as string;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const run of runs()) endSupervisor(run);
  const left = () => [readdirSync(stateRoot), processesOf(stateRoot)].flat();
  await until(() => left().length === 0, "the server and its files are gone").catch(() => {});
  const leftOver = left();
  rmSync(stateRoot, { recursive: true, force: true });
  expect(leftOver).toEqual([]);
});

/** The arguments that have Node run a caller. */
export const caller = (): string[] => [join(import.meta.dirname, "embedded-caller.mjs"), stateRoot];

/** The port that a caller in a process of its own gets. */
export const call = async (program = process.execPath, cwd = process.cwd()): Promise<number> =>
  Number((await promisify(execFile)(program, caller(), { cwd })).stdout);

/** The run directories in the home directory. */
export const runs = (): string[] =>
  existsSync(home) ? readdirSync(home).filter((name) => name.startsWith("run-")) : [];

/** The state of the published server, and the process that runs it. */
export function published(): ServerState & { readonly serverPid: number; readonly supervisorPid: number } {
  const state = readState(publishedFile(home));
  const postmaster = state && readPostmaster(join(home, state.run));
  if (!postmaster) throw new Error("no running server is published");
  return { ...state, serverPid: postmaster.pid, supervisorPid: Number(state.run.split("-")[1]) };
}

/** The command lines in which a word stands; of processes that are alive. */
export function processesOf(word: string): string[] {
  return commandLines().filter((line) => line.includes(word) && isAlive(Number.parseInt(line, 10)));
}

export async function until(condition: () => boolean | Promise<boolean>, what: string, ms = 20_000): Promise<void> {
  for (const began = Date.now(); !(await condition()); await sleep(10)) {
    if (Date.now() - began > ms) throw new Error(`not within ${ms} ms: ${what}`);
  }
}

/** Tells the first supervisor of a server to end it. */
function endSupervisor(run: string): void {
  const pid = Number(run.split("-")[1]);
  if (isAlive(pid)) process.kill(pid, "SIGTERM");
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
