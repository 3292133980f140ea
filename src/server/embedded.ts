/**
 * The embedded server: one for every process of this user that wants the same version of Postgres. Whoever needs it
 * first starts a supervisor (supervisor.ts), which runs the server, stops it when nobody has been connected
 * for a while, and removes everything. Callers only read where it is and ask it who it is.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join, parse } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TestDbError, wordsOf } from "../errors.ts";
import { ownFile } from "../own-file.ts";
import type { Target } from "../target/target.ts";
import { type Binaries, majorOf, resolveBinaries } from "./binaries.ts";
import { closeHome, isTrusted, openHome } from "./home-directory.ts";
import { homesOf, homeWithRoom } from "./home-paths.ts";
import { inspectServer } from "./inspect-server.ts";
import { sweepRuns } from "./orphans.ts";
import { publishedFile, readState, type ServerState, targetOf } from "./server-state.ts";
import { serverUser } from "./server-user.ts";
import { startFailure } from "./start-failure.ts";
import { releaseStartLock, takeStartLock } from "./start-lock.ts";

/** Not public. */
export interface EmbeddedOptions {
  /** Whether this process has units on a server: they keep it up, so nothing needs to be asked. */
  readonly isInUse?: (target: Target) => boolean;
  /** Where the directories are made. `@default` `/dev/shm` where that is a tmpfs, else the system's temporary directory */
  readonly stateRoot?: string;
  /** How long nobody must be connected before the server stops, in seconds. `@default` `TEST_DB_EMBEDDED_IDLE`, else 15 */
  readonly idleSeconds?: number;
}

const IDLE = "TEST_DB_EMBEDDED_IDLE";
/** How long all attempts together may take, in milliseconds. */
const DEADLINE = 60_000;
/** How often to look whether the server is up, in milliseconds. */
const LOOK_EVERY = 15;
/** After how many milliseconds a start is worth a word. */
const WORD_AFTER = 2_000;

/** Failures to make a directory that waiting doesn't mend. */
const HOPELESS: ReadonlySet<string> = new Set(["EACCES", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR"]);

/** What a supervisor may know of its caller's environment: no `PG*`, no `NODE_OPTIONS`, nobody's secrets. */
const ENVIRONMENT = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "SystemRoot",
  "ComSpec",
  "USERPROFILE",
  "NIX_LD",
  "NIX_LD_LIBRARY_PATH",
  "ELECTRON_RUN_AS_NODE",
];

/** A started supervisor, and the words it left once it has ended. */
interface Supervisor {
  exited(): { readonly failed: boolean; readonly log: string } | undefined;
  forget(): void;
}

/**
 * Starts the machine's embedded server, or finds it running. Keep a connection open from then on: that is what keeps
 * the server up.
 *
 * @throws TestDbError `EMBEDDED_NOT_INSTALLED`, `EMBEDDED_FAILED`
 */
export async function ensureEmbedded(options: EmbeddedOptions = {}): Promise<Target> {
  const idleSeconds = options.idleSeconds ?? idleFromEnvironment();
  const binaries = resolveBinaries();
  const homes = homesOf(binaries.version, options.stateRoot);
  for (const state of homes.map(publishedIn)) {
    if (state && options.isInUse?.(targetOf(state))) return targetOf(state);
  }
  const deadline = Date.now() + DEADLINE;
  const word = setTimeout(() => {
    process.stderr.write(`with-test-db: waiting for the embedded PostgreSQL ${majorOf(binaries)} to start …\n`);
  }, WORD_AFTER).unref();
  let last: unknown;
  try {
    while (Date.now() < deadline) {
      try {
        const running = await findIn(homes);
        if (running) {
          // its supervisor was killed; any number may try, one will adopt it
          if (!running.supervised) superviseIn(running.home, homes, binaries, idleSeconds, running.state.run).forget();
          return targetOf(running.state);
        }
        const home = homeWithRoom(homes);
        for (const each of homes) openHome(each);
        if (takeStartLock(home)) await startIn(home, homes, binaries, idleSeconds, deadline);
      } catch (error) {
        if (error instanceof TestDbError && error.code.startsWith("EMBEDDED_")) throw error;
        const { code } = error as NodeJS.ErrnoException;
        if (code && HOPELESS.has(code)) throw startFailure(binaries.version, wordsOf(error), error);
        // the home was removed between two steps by a supervisor that ended, or the server has no connection free
        last = error;
      }
      await sleep(LOOK_EVERY);
    }
  } finally {
    clearTimeout(word);
  }
  throw startFailure(
    binaries.version,
    [`no server within ${DEADLINE / 1000} s`, last && wordsOf(last)].filter(Boolean).join(": "),
    last,
  );
}

/** The running embedded server, or undefined; never starts one. */
export async function findEmbedded(options: EmbeddedOptions = {}): Promise<Target | undefined> {
  try {
    const running = await findIn(homesOf(resolveBinaries().version, options.stateRoot));
    return running && targetOf(running.state);
  } catch (error) {
    if (error instanceof TestDbError && error.code === "EMBEDDED_NOT_INSTALLED") return undefined;
    throw error;
  }
}

const publishedIn = (home: string): ServerState | undefined =>
  isTrusted(home) ? readState(publishedFile(home)) : undefined;

async function findIn(
  homes: readonly string[],
): Promise<{ readonly home: string; readonly state: ServerState; readonly supervised: boolean } | undefined> {
  for (const home of homes) {
    const state = publishedIn(home);
    const server = state && (await inspectServer(state));
    if (server) return { home, state, supervised: server.supervised };
  }
  return undefined;
}

/** With the lock held: takes back what a dead server left, starts one, and waits until it is published or has failed. */
async function startIn(
  home: string,
  homes: readonly string[],
  binaries: Binaries,
  idleSeconds: number,
  deadline: number,
): Promise<void> {
  let supervisor: Supervisor | undefined;
  try {
    // the holder before us may have published one since we looked
    if (await findIn(homes)) return;
    for (const stale of homes) rmSync(publishedFile(stale), { force: true });
    supervisor = superviseIn(home, homes, binaries, idleSeconds, null);
    const swept = sweepRuns(homes);
    while (Date.now() < deadline && !readState(publishedFile(home))) {
      const exited = supervisor.exited();
      if (exited?.failed) throw startFailure(binaries.version, exited.log);
      if (exited) break; // another one was published first, or ours was killed; look again
      await sleep(LOOK_EVERY);
    }
    await swept;
  } finally {
    supervisor?.forget();
    releaseStartLock(home);
    for (const each of homes) closeHome(each);
  }
}

/** Starts a supervisor that outlives us and holds none of our pipes, or `npm test | tee` would never end. */
function superviseIn(
  home: string,
  homes: readonly string[],
  binaries: Binaries,
  idleSeconds: number,
  adopt: string | null,
): Supervisor {
  const program = ownFile("supervisor.mjs", "EMBEDDED_FAILED");
  const log = join(home, `log-${process.pid}-${randomBytes(4).toString("hex")}`);
  const order = { home, homes, ...binaries, user: serverUser() ?? null, idleSeconds, adopt };
  const environment = ENVIRONMENT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  const output = openSync(log, "wx", 0o600);
  let failed: boolean | undefined;
  let words = "";
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    cwd: parse(home).root,
    env: { ...Object.fromEntries(environment), LC_ALL: "C" },
    stdio: ["ignore", output, output],
    detached: true,
    windowsHide: true,
  });
  closeSync(output);
  child.once("exit", (code, signal) => {
    failed = code !== 0 && signal === null;
  });
  child.once("error", (error) => {
    failed = true;
    words = String(error);
  });
  child.unref();
  return {
    exited: () => (failed === undefined ? undefined : { failed, log: words + readFileSync(log, "utf8") }),
    forget: () => rmSync(log, { force: true }),
  };
}

function idleFromEnvironment(): number {
  const value = process.env[IDLE];
  if (value === undefined || value.trim() === "") return 15;
  const seconds = Number(value);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new TestDbError("OPTION_INVALID", {
    what: `${IDLE}=${JSON.stringify(value)} is not a number of seconds`,
    why: "it says how long nobody must be connected before the embedded server stops",
    next: `${IDLE}=15 npm test`,
  });
}
