/**
 * The embedded server: one for every process of this user that wants the same version of Postgres. The first process that needs
 * the server starts a supervisor (supervisor.ts), which runs the server, stops it when no client has been connected for the idle
 * timeout, and removes everything. Callers only read the server's address, and ask the server for its data directory.
 */
import { rmSync } from "node:fs";
import { isInUse } from "../control/control.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import type { Target } from "../target/target.ts";
import { clearTimeout, now, setTimeout, sleep } from "../timers.ts";
import { resolveBinaries } from "./binaries.ts";
import { findServer, readPublished } from "./find-server.ts";
import { closeHomeDirectory, isTrusted } from "./home-directory.ts";
import { homePaths } from "./home-paths.ts";
import { idleTimeout } from "./idle-timeout.ts";
import { openHome } from "./open-home.ts";
import { publishedFile, readState, targetOf } from "./server-state.ts";
import { serverUser } from "./server-user.ts";
import { startFailure } from "./start-failure.ts";
import { releaseStartLock } from "./start-lock.ts";
import { type Supervisor, type SupervisorOrder, startSupervisor } from "./start-supervisor.ts";
import { sweepOrphans } from "./sweep-orphans.ts";

/** How long all attempts together may take, in milliseconds. */
const DEADLINE = 60_000;
const LOOK_EVERY = 15;
const NOTICE_AFTER = 2_000;

/** What every supervisor of a call is told. */
type Wanted = Omit<SupervisorOrder, "home" | "adopt">;

/**
 * Starts the machine's embedded server, or finds it running. A connection has to be open from then on to keep the server up.
 *
 * @throws TestDbError `EMBEDDED_NOT_INSTALLED`, `EMBEDDED_FAILED`
 */
export async function ensureEmbedded(stateRoots?: readonly string[]): Promise<Target> {
  const idleSeconds = idleTimeout();
  const binaries = resolveBinaries();
  const homes = homePaths(binaries.version, stateRoots);
  const wanted: Wanted = { homes, ...binaries, idleSeconds, user: serverUser() };
  for (const state of homes.map(readPublished)) {
    // this process has units on the server, which keep it up
    if (state && isInUse(targetOf(state))) return targetOf(state);
  }
  const deadline = now() + DEADLINE;
  const say = (): void => noticeOnce(`waiting for the embedded PostgreSQL ${binaries.major} to start …`);
  const notice = setTimeout(say, NOTICE_AFTER).unref();
  let last: unknown;
  try {
    while (now() < deadline) {
      try {
        const running = await findServer(homes);
        if (running) {
          const { home, state, supervised } = running;
          // the server's supervisor was killed; any number of callers may start another, of which one adopts the server
          if (!supervised) startSupervisor({ ...wanted, home, adopt: state.run }).forget();
          return targetOf(state);
        }
        const { home, isLocked } = openHome(homes);
        if (isLocked) await startIn(home, wanted, deadline);
      } catch (error) {
        if (error instanceof TestDbError && error.code.startsWith("EMBEDDED_")) throw error;
        // a supervisor that ended has removed the home directory between two steps, or the server has no connection free
        last = error;
      }
      await sleep(LOOK_EVERY);
    }
  } finally {
    clearTimeout(notice);
  }
  const words = `no server within ${DEADLINE / 1000} s${last ? `: ${wordsOf(last)}` : ""}`;
  throw startFailure(binaries.major, words, last);
}

/** Undefined where no embedded server is running. */
export async function findEmbedded(stateRoots?: readonly string[]): Promise<Target | undefined> {
  try {
    const running = await findServer(homePaths(resolveBinaries().version, stateRoots));
    return running && targetOf(running.state);
  } catch (error) {
    if (error instanceof TestDbError && error.code === "EMBEDDED_NOT_INSTALLED") return undefined;
    throw error;
  }
}

/** With the start lock held: removes what dead servers left, starts a server, and waits until it is published or has failed. */
async function startIn(home: string, wanted: Wanted, deadline: number): Promise<void> {
  const { homes, major } = wanted;
  let supervisor: Supervisor | undefined;
  try {
    // the lock's holder before this process may have published a server
    if (await findServer(homes)) return;
    for (const stale of homes.filter(isTrusted)) rmSync(publishedFile(stale), { force: true });
    supervisor = startSupervisor({ ...wanted, home, adopt: null });
    const swept = sweepOrphans(homes.filter(isTrusted));
    while (now() < deadline && !readState(publishedFile(home))) {
      const exited = supervisor.exited();
      if (exited?.failed) throw startFailure(major, exited.log);
      if (exited) break; // another server was published first, or the supervisor was killed; look again
      await sleep(LOOK_EVERY);
    }
    await swept;
  } finally {
    supervisor?.forget();
    releaseStartLock(home);
    for (const each of homes) closeHomeDirectory(each);
  }
}
