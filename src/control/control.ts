/**
 * This process's hold on a home. Its advisory lock, held by one session for all units there, tells other processes that
 * their holder is alive. The session opens when it is first needed, or when a unit has been held for a while: until then,
 * its age and its own connections protect a unit. The session closes soon after the last unit is given up.
 */
import { holdLock, newLock } from "../connections/advisory-lock.ts";
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { openSession, type Session } from "../connections/session.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { ident } from "../sql/identifiers.ts";
import { isAllGone } from "../sql/sqlstate.ts";
import { describeTarget, identityOf, type Target } from "../target/target.ts";
import { clearTimeout, now, setTimeout, sleep } from "../timers.ts";
import { noteHolder } from "./holders-of-run.ts";

export interface Control {
  /** The number of the advisory lock that this process holds while it is alive. */
  readonly holder: number;
  /** The session, which is opened where it is not open. */
  session(): Promise<Session>;
  /** Says that there is a unit from now on: soon, the lock is held for it. */
  hold(): void;
  /** Does work that nobody waits for; the session stays until it is done. What fails is said on stderr. */
  inBackground(work: (session: Session) => Promise<void>): void;
  /** Closes the session where there is no home: the database that it is in will be built anew, with nobody in it. */
  abandon(): Promise<void>;
  /** Gives this hold back. The session closes soon after the last hold, unless it is asked for again. */
  release(): void;
}

/** What all calls of this process have in common on one target. */
interface Shared {
  readonly key: string;
  readonly target: Target;
  readonly holder: number;
  opening?: Promise<Session>;
  /** Closes the session once it has been idle for a while. */
  closing?: NodeJS.Timeout;
  holds: number;
}

/** By the identity of the target. */
const controls = new Map<string, Shared>();
/** Work that nobody waits for. */
const background = new Set<Promise<void>>();

/** Resolves once all work in the background is done: for a process that would end otherwise, and leave units half proven. */
export async function backgroundDone(): Promise<void> {
  while (background.size > 0) await Promise.all(background);
}

/** What control sessions call themselves. */
export const CONTROL_NAME = "with-test-db control";
/**
 * After how many milliseconds a process that holds a unit opens its session, and says with its lock that it is alive. No
 * sweep drops a unit that is so young, and most suites are over by then: they never need the session.
 */
const LOCK_AFTER = 5_000;
/** How long to wait before the next attempt at the lock, in milliseconds. A sweep looks twice, with twice that time in between. */
const REGAIN_AFTER = 500;
/** The same where the connection was only just lost. */
const REGAIN_AT_ONCE = 50;
/** How long an idle session waits for the next call, in milliseconds. */
const LINGER = 1_000;

/**
 * The process's hold on a target. Every call is paired with a `release()`.
 *
 * @param deadline - how long the session waits where the server has no connection left, in milliseconds
 */
export function openControl(target: Target, deadline: number): Control {
  const key = identityOf(target);
  const shared = controls.get(key) ?? newShared(key, target);
  retain(shared);
  let locking: NodeJS.Timeout | undefined;
  let isReleased = false;
  const lockAfter = (time: number): void => {
    clearTimeout(locking);
    // the server may have been away, or full
    const again = (): void => (isReleased ? undefined : lockAfter(REGAIN_AFTER));
    locking = setTimeout(() => sessionOf(shared, deadline).catch(again), time).unref();
  };
  return {
    holder: shared.holder,
    session: () => sessionOf(shared, deadline),
    hold: () => lockAfter(LOCK_AFTER),
    inBackground(work) {
      retain(shared);
      // where no session can be opened, a later call says so, or a sweep does the work
      const done = sessionOf(shared, deadline)
        .then(
          (session) => work(session).catch(sayFailure),
          () => {},
        )
        .finally(() => {
          background.delete(done);
          release(shared);
        });
      background.add(done);
    },
    async abandon() {
      const { opening } = shared;
      delete shared.opening;
      await opening?.then((session) => session.close()).catch(() => {});
    },
    release() {
      if (isReleased) return;
      isReleased = true;
      clearTimeout(locking);
      release(shared);
    },
  };
}

function newShared(key: string, target: Target): Shared {
  const shared: Shared = { key, target, holder: newLock(), holds: 0 };
  controls.set(key, shared);
  noteHolder({ holder: shared.holder, home: target.database });
  return shared;
}

/** Whether this process has units on a target, or had some a moment ago. */
export const isInUse = (target: Target): boolean => controls.has(identityOf(target));

function retain(shared: Shared): void {
  shared.holds++;
  clearTimeout(shared.closing);
}

function release(shared: Shared): void {
  if (--shared.holds > 0) return;
  shared.closing = setTimeout(() => {
    if (controls.get(shared.key) === shared) controls.delete(shared.key);
    shared.opening?.then((session) => session.close()).catch(() => {});
  }, LINGER);
  // an idle session keeps no process alive
  shared.closing.unref();
}

async function sessionOf(shared: Shared, deadline: number): Promise<Session> {
  const until = now() + deadline;
  for (;;) {
    const isMine = shared.opening === undefined;
    const opening = shared.opening ?? open(shared.target, shared.holder, deadline);
    shared.opening = opening;
    try {
      return await opening;
    } catch (error) {
      if (shared.opening === opening) delete shared.opening;
      // a call with a shorter deadline has stopped waiting
      const mayWait = error instanceof TestDbError && error.code === "SERVER_FULL" && now() < until;
      if (isMine || !mayWait) throw error;
    }
  }
}

async function open(target: Target, holder: number, deadline: number): Promise<Session> {
  let session: Session | undefined;
  let regaining: Promise<void> | undefined;
  const onLost = (): void => {
    regaining ??= session && regain(session, holder).finally(() => (regaining = undefined));
  };
  const settings = { ...IMPATIENT, application_name: CONTROL_NAME };
  const opened = await openSession(target, settings, { deadline, lingers: true, onLost });
  try {
    await Promise.all([assertOwn(opened), holdLock(opened, holder)]);
    session = opened;
    return opened;
  } catch (error) {
    // not awaited: closing takes its time where the connection was lost
    void opened.close().catch(() => {});
    throw error;
  }
}

/** Nothing is run in a database of somebody else's, whatever its name. */
async function assertOwn({ target, rows }: Session): Promise<void> {
  const [own] = await rows(
    "select from pg_database where datname = current_database() and pg_get_userbyid(datdba) = current_user",
  );
  if (own) return;
  throw new TestDbError("HOME_FAILED", {
    what: `${describeTarget(target)} does not belong to ${target.user}`,
    next: `drop database ${ident(target.database)}; if nobody needs it`,
  });
}

/**
 * Connects again before anybody asks for it, until the lock is had: without that, a sweep takes this process for a dead
 * one. The connection that was lost may have the lock for a while, where the server has not noticed yet.
 */
async function regain(session: Session, holder: number): Promise<void> {
  for (let wait = REGAIN_AT_ONCE; ; wait = REGAIN_AFTER) {
    await sleep(wait, { lingers: true });
    try {
      if (await holdLock(session, holder)) return;
    } catch (error) {
      if ((error as { code?: unknown }).code === "CONNECTION_ENDED") return;
    }
  }
}

function sayFailure(error: unknown): void {
  if (!isAllGone(error)) noticeOnce(`a failure in the background: ${wordsOf(error)}`);
}
