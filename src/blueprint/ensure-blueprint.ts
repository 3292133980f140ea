/**
 * Finds the blueprint for a recipe, or builds it while other processes that want the same one wait. A record says `ready`
 * only once everything is done; a half-built blueprint is dropped and built anew.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { blueprintLock, tryLock } from "../connections/advisory-lock.ts";
import { connectError } from "../connections/connect-error.ts";
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { openSession, type Session } from "../connections/session.ts";
import { IS_CROWDED } from "../connections/waiting.ts";
import { ensureControlSchema } from "../control/control-schema.ts";
import { TestDbError } from "../errors.ts";
import { fingerprintOf } from "../migrations/fingerprint.ts";
import { noticeOnce } from "../notice.ts";
import { isConnectionLost } from "../sql/sqlstate.ts";
import { identityOf } from "../target/target.ts";
import type { BlueprintRequest } from "./build-blueprint.ts";
import { type Blueprint, findBlueprint, isReadyFor } from "./find-blueprint.ts";

/** Blueprints that this process is making, by target, recipe and kind of unit. */
const underWay = new Map<string, Promise<Blueprint>>();

/** Calls of one process that want the same at the same time share the waiting and the work. */
export function ensureBlueprint<Context>(request: BlueprintRequest<Context>): Promise<Blueprint> {
  const key = JSON.stringify([identityOf(request.target), request.recipe.key, request.schema]);
  const made = underWay.get(key) ?? findOrBuild(request).finally(() => underWay.delete(key));
  underWay.set(key, made);
  return made;
}

/** After how many milliseconds waiting is worth a notice. */
const NOTICE_AFTER = 1_000;
/** How often to look whether another process is done, in milliseconds. */
const LOOK_EVERY = 50;
/** The same where the server is crowded. */
const LOOK_AGAIN_AFTER = 500;

/** A process that waits for another one gives its connection back where the server is crowded: the builder needs several. */
async function findOrBuild<Context>(request: BlueprintRequest<Context>): Promise<Blueprint> {
  const { target, recipe, deadline } = request;
  const began = performance.now();
  for (;;) {
    // once its lock is lost, another process may have built what this one would go on to change
    const [session] = await Promise.all([
      openSession(target, IMPATIENT, { reconnects: false, deadline }),
      // loaded while the session opens
      import("./complete-blueprint.ts"),
    ]);
    try {
      await ensureControlSchema(session);
      const fingerprint = await fingerprintOf(session, recipe.key);
      for (;;) {
        const found = await findBlueprint(session, fingerprint);
        if (isReadyFor(found, request)) return found;
        const built = await tryToBuild(session, fingerprint, request);
        if (built) return built;
        const waited = performance.now() - began;
        if (waited > deadline) throw lateError(recipe.migrations.folder, deadline);
        if (waited > NOTICE_AFTER) {
          noticeOnce(`waiting for another process, which builds the blueprint of ${recipe.migrations.folder} …`);
        }
        const [row] = await session.rows<{ crowded: boolean }>(`select ${IS_CROWDED} as crowded`);
        if (row?.crowded) break;
        await sleep(LOOK_EVERY);
      }
    } catch (error) {
      throw isConnectionLost(error) ? connectError(target, error) : error;
    } finally {
      // not awaited: its lock is free already
      session.close().catch(() => {});
    }
    await sleep(LOOK_AGAIN_AFTER);
  }
}

/** Undefined where another process is at it. */
async function tryToBuild<Context>(
  session: Session,
  fingerprint: string,
  request: BlueprintRequest<Context>,
): Promise<Blueprint | undefined> {
  let blueprint: Blueprint | undefined;
  await tryLock(session, blueprintLock(fingerprint), async () => {
    const found = await findBlueprint(session, fingerprint);
    const { completeBlueprint } = await import("./complete-blueprint.ts");
    blueprint = isReadyFor(found, request) ? found : await completeBlueprint(session, fingerprint, found, request);
  });
  return blueprint;
}

const lateError = (folder: string, deadline: number): TestDbError =>
  new TestDbError("UNIT_FAILED", {
    what: `The blueprint of ${folder} was not ready within ${deadline / 1000} s`,
    why: "another process builds it, and has not come to an end",
    next: "look what that process does; or wait longer: withTestDb({ deadline: 300_000, … })",
  });
