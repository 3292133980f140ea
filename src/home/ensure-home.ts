/**
 * Builds the home where it is not there, or is not whole, or waits while another process does. A home has its record only once
 * everything is done; a half-built home is dropped and built anew.
 */
import { homeLock, tryLock } from "../connections/advisory-lock.ts";
import { connectError } from "../connections/connect-error.ts";
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { openSession, type Session } from "../connections/session.ts";
import { IS_CROWDED } from "../connections/waiting.ts";
import { findDatabase, OUR_DATABASES } from "../control/databases.ts";
import { TestDbError } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { failure } from "../sql/failure.ts";
import { isConnectionLost } from "../sql/sqlstate.ts";
import { describeTarget, identityOf, onDatabase } from "../target/target.ts";
import { clearTimeout, now, setTimeout, sleep } from "../timers.ts";
import type { HomeRequest } from "./build-home.ts";
import { readHome } from "./record-home.ts";

/** Homes that this process is making, by target and name. */
const underWay = new Map<string, Promise<void>>();

/** Calls of one process that want the same at the same time share the waiting and the work. */
export function ensureHome<Context>(request: HomeRequest<Context>): Promise<void> {
  const key = JSON.stringify([identityOf(request.target), request.name]);
  const made = underWay.get(key) ?? waitOrBuild(request).finally(() => underWay.delete(key));
  underWay.set(key, made);
  return made;
}

/** After how many milliseconds waiting is worth a notice. */
const NOTICE_AFTER = 1_000;
/** The same for a build of one's own: before hooks of runners time out, which give five seconds and more. */
const BUILDING_NOTICE_AFTER = 3_000;
/**
 * Between two looks whether another process is done, in milliseconds; else a quarter of the time waited so far. Many that wait
 * must not keep the builder from its processor.
 */
const [SHORTEST_PAUSE, LONGEST_PAUSE] = [50, 1_000];
/** The same where the server is crowded. */
const LOOK_AGAIN_AFTER = 500;

const LOOK = `select ${IS_CROWDED} as crowded, exists (select from (${OUR_DATABASES}) as o where o.name = $1::text and o.what = 'home') as whole`;

/** A process that waits for another one gives its connection back where the server is crowded: the builder needs several. */
async function waitOrBuild<Context>(request: HomeRequest<Context>): Promise<void> {
  const { target, recipe, deadline } = request;
  const began = now();
  let wasWhole: boolean | undefined;
  let isLost = false;
  const onLost = (): void => {
    isLost = true;
  };
  for (;;) {
    // once its lock is lost, another process may have built what this one would go on to change
    const [session] = await Promise.all([
      openSession(target, IMPATIENT, { reconnects: false, deadline, onLost }),
      // loaded while the session opens
      import("./build-home.ts"),
    ]);
    try {
      for (;;) {
        if (await buildUnlessUnderWay(session, request)) return;
        const waited = now() - began;
        if (waited > deadline) throw lateError(recipe.migrations.folder, deadline);
        if (waited > NOTICE_AFTER) {
          noticeOnce(`waiting for another process, which builds the home of ${recipe.migrations.folder} …`);
        }
        const [row] = await session.rows<{ crowded: boolean; whole: boolean }>(LOOK, [request.name]);
        wasWhole ??= row?.whole;
        // built meanwhile; to make sure under its lock, all that waited would stand in line
        if (row?.whole && !wasWhole) return;
        if (row?.crowded) break;
        await sleep(Math.min(Math.max(waited / 4, SHORTEST_PAUSE), LONGEST_PAUSE));
      }
    } catch (error) {
      // with its lock: another process may have dropped what this one was about to connect to
      if (isLost) throw lostError(request, error);
      throw isConnectionLost(error) ? connectError(target, error) : error;
    } finally {
      // not awaited: its lock is free already
      session.close().catch(() => {});
    }
    await sleep(LOOK_AGAIN_AFTER);
  }
}

/** False where another process is at it. */
async function buildUnlessUnderWay<Context>(session: Session, request: HomeRequest<Context>): Promise<boolean> {
  const { name, deadline } = request;
  let isDone = false;
  const { folder } = request.recipe.migrations;
  const say = (): void => noticeOnce(`building the home of ${folder}: once, until the migrations change …`);
  await tryLock(session, homeLock(name), async () => {
    const isThere = (await findDatabase(session, name)) === "ours";
    const home = isThere ? await readHome(onDatabase(session.target, name), deadline) : undefined;
    const { buildHome } = await import("./build-home.ts");
    if (home?.lacks !== null) {
      const saying = setTimeout(say, BUILDING_NOTICE_AFTER).unref();
      await buildHome(session, request, home?.lacks ?? "all").finally(() => clearTimeout(saying));
    }
    isDone = true;
  });
  return isDone;
}

const lostError = <C>({ target, recipe }: HomeRequest<C>, error: unknown): TestDbError =>
  failure(
    "SERVER_UNREACHABLE",
    {
      what: `The connection to ${describeTarget(target)} was lost while the home of ${recipe.migrations.folder} was built`,
      next: "run it again; if it stays, see in the server's log why it ended the connection",
    },
    error,
  );

const lateError = (folder: string, deadline: number): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `The home of ${folder} was not ready within ${deadline / 1000} s`,
    why: "another process builds it, and has not come to an end",
    next: "look what that process does; or wait longer: withTestDb({ deadline: 300_000, … })",
  });
