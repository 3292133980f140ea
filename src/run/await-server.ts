/** Finds the server for a command, which may have been started a moment ago, as by `docker compose up`. */
import { hasHungUp, probe } from "../connections/probe.ts";
import { openSession, type Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { namedTarget, type ServerChoice } from "../server/resolve-server.ts";
import { postgresError } from "../sql/sqlstate.ts";
import { describeTarget, namedBy, type Target } from "../target/target.ts";
import { now, sleep } from "../timers.ts";
import { takeWithin } from "../unit/reserve-within.ts";

/** A server that answers. */
export interface AwaitedServer {
  readonly target: Target;
  /** Lets go of the server: the embedded one, which stops where nobody is connected, is held until then. */
  release(): Promise<void>;
}

/** How long a server that was named is waited for, in milliseconds, and how long until it is asked again. */
const [PATIENCE, PAUSE] = [5_000, 100];

/**
 * The server that was named, once it answers; else the embedded server, which is started where it is not running.
 *
 * @param patience - how long to wait for a server that was named, in milliseconds
 * @throws TestDbError where there is none: `isAway()`; and where one was named that is not to be used, or can't be
 */
export async function awaitServer(choice: ServerChoice, patience: number = PATIENCE): Promise<AwaitedServer> {
  const named = namedTarget(choice);
  if (named) {
    await awaitNamed(named, patience);
    return { target: named, release: async () => {} };
  }
  const { ensureEmbedded } = await import("../server/ensure-embedded.ts");
  const target = await ensureEmbedded();
  // a server without a connection to spare is in use, and stays by itself
  const session = await openSession(target, {}, { deadline: 0, lingers: true }).catch(() => undefined);
  return { target, release: async () => session?.close() };
}

async function awaitNamed(target: Target, patience: number): Promise<void> {
  const until = now() + patience;
  let last: unknown;
  for (;;) {
    try {
      const session = await connect(target, until);
      if (session) return await session.close();
      throw last ?? lateError(target, patience);
    } catch (error) {
      if (isFull(error)) return;
      if (!isAway(error) || now() + PAUSE >= until) throw error;
      last = error;
    }
    await sleep(PAUSE);
  }
}

/** Undefined where there was no answer in time. */
async function connect(target: Target, until: number): Promise<Session | undefined> {
  const left = (): number => Math.max(until - now(), 0);
  // a host that says nothing at all keeps a driver waiting for long, and this process with it
  await probe(target, AbortSignal.timeout(Math.ceil(left())));
  if (left() === 0) return undefined;
  const opening = openSession(target, {}, { deadline: 0, reconnects: false });
  return takeWithin(left(), opening, (late) => void late.close().catch(() => {}));
}

const isFull = (error: unknown): boolean => error instanceof TestDbError && error.code === "SERVER_FULL";

/** Whether an error says that no server is there. Where one refuses, it is. */
export function isAway(error: unknown): error is TestDbError {
  if (!(error instanceof TestDbError)) return false;
  if (error.code === "SERVER_UNREACHABLE") return postgresError(error)?.code.startsWith("57P") ?? true;
  if (error.code === "SERVER_NOT_POSTGRES") return hasHungUp(error);
  return error.code === "EMBEDDED_NOT_INSTALLED" || error.code === "EMBEDDED_FAILED";
}

const lateError = (target: Target, patience: number): TestDbError =>
  new TestDbError("SERVER_UNREACHABLE", {
    what: `No answer from ${describeTarget(target)} (${namedBy(target)}) within ${patience / 1000} s`,
    why: "the host says nothing, or the server there is busy",
    next: "start that server, or unset TEST_DB_URL to use the embedded one",
  });
