/**
 * This process's hold on a target: one session, shared by all its units there, whose advisory lock tells others that
 * their holder is alive. It opens when it is first needed, or when units have been held for a while: until then, their age
 * and their own connections keep them. It closes soon after the last one is given up.
 */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { holdLock } from "../connections/advisory-lock.ts";
import { IMPATIENT, openSession, type Session } from "../connections/session.ts";
import { isLeftInLine } from "../connections/waiting.ts";
import { wordsOf } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { keepRoom } from "../postgres/keep-room.ts";
import { isConnectionLost } from "../sql/sqlstate.ts";
import type { Target } from "../target/target.ts";
import { ensureControlSchema } from "./control-schema.ts";
import { CONTROL_NAME, IS_CROWDED } from "./crowd.ts";

export interface Control {
  /** The session, once it is open; to ask for it opens it. */
  readonly ready: Promise<Session>;
  /** The session, if it is open already. */
  readonly now: Session | undefined;
  /** Whether this process has called before, and so may well call again: a session will save time. */
  readonly isRepeated: boolean;
  /** The number of the advisory lock that this process holds while it is alive. */
  readonly holder: number;
  /** Says that there is a unit from now on: soon, the lock is held for it. */
  hold(): void;
  /**
   * Whether units may be without a connection: they have their lock, or are so young that no sweep takes them. The
   * lock may be waited for, in line, by then.
   */
  mayIdle(): boolean;
  /** Does work that nobody waits for; the session stays until it is done. What fails is said on stderr. */
  inBackground(work: (session: Session) => Promise<void>): void;
  /** Gives this hold back; the session closes soon after the last one, unless it is asked for again. */
  release(): void;
}

interface Shared {
  readonly target: Target;
  readonly onOpen: (session: Session) => Promise<void>;
  readonly holder: number;
  ready?: Promise<Session>;
  now?: Session;
  /** A second session, where the first has calls to answer meanwhile. */
  aside?: Promise<Session>;
  /** Closes both once nobody has held them for a while. */
  idle?: NodeJS.Timeout;
  holds: number;
  calls: number;
}

const shared = new Map<string, Shared>();

/**
 * After how many milliseconds a process that holds a unit opens its session, and says with its lock that it is alive. No
 * sweep takes what is that young, and most suites are over by then: they never need it.
 */
const HOLD_AFTER = 5_000;
/** How long units may do without a connection and a lock, in milliseconds: half of what a sweep leaves them. */
const YOUNG = 30_000;

/**
 * The hold on a target: the process's one, or a new one. Every call is paired with a `release()`.
 *
 * @param onOpen - what is done in the background whenever a session has opened
 */
export function openControl(target: Target, onOpen: (session: Session) => Promise<void>): Control {
  const key = JSON.stringify(target);
  const mine = shared.get(key) ?? { target, onOpen, holder: randomInt(-(2 ** 31), 2 ** 31 - 1), holds: 0, calls: 0 };
  shared.set(key, mine);
  clearTimeout(mine.idle);
  mine.holds++;
  mine.calls++;
  let since = performance.now();
  let holding: NodeJS.Timeout | undefined;
  let released = false;
  const lock = (): void => {
    // it may have waited in line in vain, or the server was away
    const again = (): void => (released ? undefined : lock());
    clearTimeout(holding);
    holding = setTimeout(() => ready(key, mine).catch(again), HOLD_AFTER).unref();
  };
  return {
    get ready() {
      return ready(key, mine);
    },
    get now() {
      return mine.now;
    },
    isRepeated: mine.calls > 1,
    holder: mine.holder,
    hold() {
      since = performance.now();
      lock();
    },
    mayIdle: () => mine.now?.isOpen() || performance.now() - since < YOUNG,
    inBackground(work) {
      mine.holds++;
      // where no session can be opened, a call says so, or a sweep does the work
      void aside(key, mine)
        .then(
          (session) => work(session).catch(sayFailure),
          () => {},
        )
        .finally(() => release(key, mine));
    },
    release() {
      if (released) return;
      released = true;
      clearTimeout(holding);
      release(key, mine);
    },
  };
}

/** How long a failure to open a session is told to whoever asks for it, before it is tried anew, in milliseconds. */
const TOLD_WITHIN = 1_000;

/** Whether this process has a session for a target, and the server has not ended it. */
export const isConnected = (target: Target): boolean => shared.get(JSON.stringify(target))?.now?.isOpen() ?? false;

function ready(key: string, mine: Shared): Promise<Session> {
  if (mine.ready) return mine.ready;
  const opening = open(mine.target, mine.holder);
  mine.ready = opening;
  opening.then(
    (session) => {
      mine.now = session;
      mine.holds++;
      void mine
        .onOpen(session)
        .catch(sayFailure)
        .finally(() => release(key, mine));
    },
    // whoever waits for one that failed is told; it must not be handed to the next call
    (error) => {
      forget(key, mine);
      // the units that are there already may ask again: of a full server at once, of another when whoever asks just now
      // has been told
      const again = (): void => void (mine.ready === opening && delete mine.ready);
      if (isLeftInLine(error)) again();
      else setTimeout(again, TOLD_WITHIN).unref();
    },
  );
  return opening;
}

/** A process with one suite needs no second session; where one follows the other, a call must not wait for the last one's clearing up. */
async function aside(key: string, mine: Shared): Promise<Session> {
  if (mine.calls === 1) return ready(key, mine);
  const first = await ready(key, mine);
  // not in line: whoever waits for a connection needs it more. And once: with a query lost on the way and another to ask,
  // postgres.js would log in without end where the database is gone
  const how = { lingers: true, reconnects: false };
  mine.aside ??= openSession({ ...first.target, deadline: 0 }, IMPATIENT, how).then((session) => ({
    ...session,
    target: first.target,
  }));
  const other = await mine.aside.catch(() => first);
  return other.isOpen() ? other : first;
}

function sayFailure(error: unknown): void {
  // a server or a database that is gone took all there was to do with it
  if (!isConnectionLost(error)) noticeOnce(`a failure in the background: ${wordsOf(error)}`);
}

async function open(target: Target, holder: number): Promise<Session> {
  let lost = (): void => {};
  let regaining = false;
  const session = await openSession(
    target,
    { ...IMPATIENT, application_name: CONTROL_NAME },
    { lingers: true, isTooMany: IS_CROWDED, onLost: () => lost() },
  );
  try {
    await Promise.all([ensureControlSchema(session), holdLock(session, holder)]);
    const locked = keepingLock(session, holder);
    lost = () => {
      if (regaining) return;
      regaining = true;
      void regain(locked, holder).finally(() => {
        regaining = false;
      });
    };
    return locked;
  } catch (error) {
    // not awaited: one that was lost takes its time
    void session.close().catch(() => {});
    throw error;
  }
}

/** A lock goes with its connection: after a new one was made, it is taken again. */
function keepingLock(session: Session, holder: number): Session {
  const stop = keepRoom(session);
  let seen = session.connections();
  const locked = async <T>(work: Promise<T>): Promise<T> => {
    const result = await work;
    if (session.connections() !== seen) {
      seen = session.connections();
      await holdLock(session, holder);
    }
    return result;
  };
  return {
    ...session,
    rows: (text, parameters) => locked(session.rows(text, parameters)),
    script: (text) => locked(session.script(text)),
    close: () => {
      stop();
      return session.close();
    },
  };
}

/** How long to wait before each attempt to connect again, in milliseconds; the last one is repeated. */
const REGAIN = [50, 200, 1_000, 5_000, 20_000];

/**
 * Connects again before anybody asks for it, until it has its lock: without that, a sweep takes this process for a dead
 * one. The connection that was lost may have it for a while, where the server has not noticed yet.
 */
async function regain(session: Session, holder: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await sleep(REGAIN[Math.min(attempt, REGAIN.length - 1)], undefined, { ref: false });
    try {
      if (await holdLock(session, holder)) return;
      attempt = 0;
    } catch (error) {
      if ((error as { code?: unknown }).code === "CONNECTION_ENDED") return;
    }
  }
}

/** How long an idle session waits for the next call, in milliseconds. */
const LINGER = 1_000;

function release(key: string, mine: Shared): void {
  if (--mine.holds > 0) return;
  clearTimeout(mine.idle);
  mine.idle = setTimeout(() => {
    if (mine.holds > 0) return;
    forget(key, mine);
    for (const session of [mine.ready, mine.aside]) void session?.then((open) => open.close()).catch(() => {});
  }, LINGER);
  // an idle session keeps no process alive
  mine.idle.unref();
}

function forget(key: string, mine: Shared): void {
  if (shared.get(key) === mine) shared.delete(key);
}
