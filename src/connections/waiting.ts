/**
 * Who waits for a connection to a server that has none left. A server tells nobody when one gets free, so somebody has to
 * knock: in a process, they stand in line, and only its head does. Between processes, who has waited for longer knocks
 * more often, so that it is likely next.
 */
import { TestDbError } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { makeRoom, serverOf } from "../postgres/room.ts";
import { postgresError, postgresWords, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget, type Target, TURN } from "../target/target.ts";

/** How long a connection is waited for where nobody says otherwise, in milliseconds. */
export const DEADLINE = 60_000;
/** After how many milliseconds waiting is worth a word. */
const WORD_AFTER = 2_000;
/** How many of a process are at a server's door at once: with more, none would get an answer soon. */
const AT_ONCE = 8;
/** The share of connections that a process with callers in line leaves to others. */
const FOR_OTHERS = 0.05;
/** Between two knocks of a process: at first, and of one that has waited for long, in milliseconds. */
const [RARELY, OFTEN] = [600, 200];
/** After how long somebody knocks twice as often as at first, in milliseconds. */
const HALF_TIME = 4_000;

/** Whether the server has no connection left: for anybody, for this role, or for this database. */
export const isFull = (error: unknown): boolean => postgresError(error)?.code === SQLSTATE.tooManyConnections;

/** Whether somebody who waited in line, or would have had to, was not let in. */
export const isLeftInLine = (error: unknown): boolean => error instanceof TestDbError && error.code === "SERVER_FULL";

/** One way in: how to knock, and when to stop. */
export interface Admission<T> {
  /** Tries to connect. An error that `isFull` says that there was no connection left. */
  knock(): Promise<T>;
  /** Whether it had a connection before; it stands behind all who had none. */
  readonly again?: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Is given a way to have it knock at once, whoever stands before it: there is something that only it can use. */
  onWaiting?(hurry: () => void): void;
}

/**
 * Knocks, and waits in line where the server is full, or where many of this process are at its door already. Where
 * nobody waits it costs nothing.
 *
 * @throws TestDbError `SERVER_FULL` after the target's deadline; and whatever `knock` throws for other reasons
 */
export async function admitted<T>(target: Target, admission: Admission<T>): Promise<T> {
  const key = keyOf(target);
  const line = lines.get(key) ?? new Line();
  lines.set(key, line);
  const waiter = new Waiter((admission.again ? undefined : target[TURN]) ?? ++arrivals);
  try {
    if (line.length > 0 || line.knocking >= AT_ONCE) return await stand(target, admission, line, waiter);
    return await line.knock(admission).catch((error) => {
      if (!isFull(error)) throw error;
      return stand(target, admission, line, waiter, error);
    });
  } finally {
    line.move();
    if (line.isOver && lines.get(key) === line) lines.delete(key);
  }
}

/** The same target, for one more call: whatever it connects to, it does so before later calls. */
export const inTurn = (target: Target): Target => ({ ...target, [TURN]: ++arrivals });

/** There is a connection that only this process can use. */
export const offer = (target: Target): void => lines.get(keyOf(target))?.call();

/** A connection was given back: whoever is first here may be the one who gets it. */
export function nudge(target: Target): void {
  if (!isForOthers(target)) offer(target);
}

/** Whether somebody of this process stands in line there. */
export const somebodyWaits = (target: Target): boolean => (lines.get(keyOf(target))?.length ?? 0) > 0;

/**
 * Whether a connection that is given back is left to whoever knocks next: a process with many callers would hand its
 * connections on among them for ever, while others have none.
 */
export const isForOthers = (target: Target): boolean =>
  lines.get(keyOf(target))?.isFull === true && Math.random() < FOR_OTHERS;

/** How many connections a server has; messages say it. */
export function learnCapacity(target: Target, connections: number): void {
  capacities.set(serverOf(target), connections);
}

let arrivals = 0;
const lines = new Map<string, Line>();
const capacities = new Map<string, number>();
/** A role may have a limit of its own, and must not stand in the way of another. */
const keyOf = (target: Target): string => JSON.stringify([serverOf(target), target.user]);

class Waiter {
  /** Whoever called first stands before whoever called later, whenever each was turned down. */
  readonly number: number;
  isKnocking = false;
  #called = false;
  #failure: { readonly reason: unknown } | undefined;
  #wake = (): void => {};

  constructor(number: number) {
    this.number = number;
  }

  call(): void {
    this.#called = true;
    this.#wake();
  }

  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#wake();
  }

  /** Resolves when it is called, or after `pause` milliseconds where there is one. */
  async turn(pause: number | undefined): Promise<void> {
    if (!this.#called && !this.#failure) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (pause !== undefined) timer = setTimeout(resolve, pause);
      });
      clearTimeout(timer);
    }
    this.#called = false;
    if (this.#failure) throw this.#failure.reason;
  }
}

class Line {
  readonly #waiters: Waiter[] = [];
  /** How many are at the door now. */
  knocking = 0;
  /** Whether somebody was turned down since nobody waited. */
  isFull = false;

  get first(): Waiter | undefined {
    return this.#waiters[0];
  }

  get length(): number {
    return this.#waiters.length;
  }

  get isOver(): boolean {
    return this.knocking === 0 && this.#waiters.length === 0;
  }

  join(waiter: Waiter): void {
    const later = this.#waiters.findIndex(({ number }) => number > waiter.number);
    this.#waiters.splice(later < 0 ? this.#waiters.length : later, 0, waiter);
  }

  leave(waiter: Waiter): void {
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    if (this.#waiters.length === 0) this.isFull = false;
  }

  async knock<T>(admission: Admission<T>): Promise<T> {
    this.knocking++;
    try {
      return await admission.knock();
    } catch (error) {
      if (isFull(error)) this.close();
      throw error;
    } finally {
      this.knocking--;
    }
  }

  /** Somebody was turned down: from now on only the first knocks, and does so by itself. */
  close(): void {
    if (this.isFull) return;
    this.isFull = true;
    this.call();
  }

  /** One place is free, as far as is known. */
  call(): void {
    if (this.first && !this.first.isKnocking) this.first.call();
  }

  /** Has the next ones knock: of a server that is full only the first, and that is at the door or will be soon. */
  move(): void {
    if (this.isFull) {
      this.call();
      return;
    }
    const resting = this.#waiters.filter(({ isKnocking }) => !isKnocking);
    for (const waiter of resting.slice(0, Math.max(0, AT_ONCE - this.knocking))) waiter.call();
  }
}

async function stand<T>(
  target: Target,
  admission: Admission<T>,
  line: Line,
  me: Waiter,
  refusal?: unknown,
): Promise<T> {
  const { signal, onWaiting } = admission;
  const { deadline = DEADLINE } = target;
  signal?.throwIfAborted();
  line.join(me);
  if (refusal) line.close();
  const since = performance.now();
  let last = refusal;
  const abort = (): void => me.fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const word = setTimeout(() => line.isFull && tell(target), WORD_AFTER);
  const end = setTimeout(
    () => me.fail(line.isFull ? tooLate(target, deadline, line.length - 1, last) : unanswered(target, deadline)),
    deadline,
  );
  onWaiting?.(() => me.call());
  try {
    for (;;) {
      // what idles here is given back before anybody waits for others
      if (line.isFull) makeRoom(target);
      await me.turn(line.first === me && line.isFull ? pauseAfter(performance.now() - since) : undefined);
      me.isKnocking = true;
      try {
        return await line.knock(admission);
      } catch (error) {
        if (!isFull(error)) throw error;
        last = error;
      } finally {
        me.isKnocking = false;
      }
    }
  } finally {
    clearTimeout(word);
    clearTimeout(end);
    signal?.removeEventListener("abort", abort);
    line.leave(me);
  }
}

/** With jitter, so that processes that began together don't go on together. */
const pauseAfter = (waited: number): number =>
  Math.max(OFTEN, RARELY / (1 + waited / HALF_TIME)) * (0.75 + Math.random() / 2);

const all = (target: Target): string => {
  const connections = capacities.get(serverOf(target));
  return connections === undefined ? "all its connections are" : `all its ${connections} connections are`;
};

const told = new Set<string>();

function tell(target: Target): void {
  const server = serverOf(target);
  if (told.has(server)) return;
  told.add(server);
  const seconds = (target.deadline ?? DEADLINE) / 1000;
  noticeOnce(
    `waiting for a connection to ${describeTarget(target)}, for up to ${seconds} s: ${all(target)} in use; raise its max_connections, or run fewer suites at once`,
  );
}

function tooLate(target: Target, deadline: number, others: number, refusal: unknown): TestDbError {
  const refused = postgresError(refusal);
  const waiting = others > 0 ? `; ${others} more of this process wait` : "";
  return new TestDbError("SERVER_FULL", {
    what: `No connection to ${describeTarget(target)} got free within ${deadline / 1000} s`,
    why: [refused && postgresWords(refused), `${all(target)} in use${waiting}`].filter(Boolean).join("\n"),
    next:
      target.origin === "embedded"
        ? "run fewer suites at once, or wait longer: withTestDb({ deadline: 300_000, … })"
        : "psql -c 'alter system set max_connections = 300' and restart that server; or run fewer suites at once; or wait longer: withTestDb({ deadline: 300_000, … })",
    cause: refusal,
  });
}

const unanswered = (target: Target, deadline: number): TestDbError =>
  new TestDbError("SERVER_UNREACHABLE", {
    what: `No connection to ${describeTarget(target)} within ${deadline / 1000} s`,
    why: `it has not answered ${AT_ONCE} others of this process either`,
    next: "look whether that server is at work, and what this machine is busy with",
  });
