/**
 * Finds the blueprint for a fingerprint, or builds it while others who want the same one wait. A row in the control
 * schema says `ready` only once everything is done; a half-built one is dropped and built anew.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { blueprintLock, isLocked, tryLock } from "../connections/advisory-lock.ts";
import { connectError, IMPATIENT, openSession, type Session } from "../connections/session.ts";
import { DEADLINE } from "../connections/waiting.ts";
import { TestDbError } from "../errors.ts";
import { inPlace } from "../migrations/fingerprint.ts";
import { noticeOnce } from "../notice.ts";
import { isConnectionLost } from "../sql/sqlstate.ts";
import type { Target } from "../target/target.ts";
import type { Recipe } from "./build-blueprint.ts";
import type { Place } from "./complete-blueprint.ts";
import { type Blueprint, findBlueprint, isReadyFor } from "./find-blueprint.ts";
import { mayCreateDatabases } from "./private-database.ts";

type Wanted = { readonly schema: boolean };

/** The blueprint for a recipe, ready for units of the kind that is wanted. */
export async function ensureBlueprint<Context>(
  session: Session,
  recipe: Recipe<Context>,
  wanted: Wanted,
): Promise<Blueprint> {
  const [found, mayCreate] = await Promise.all([
    findBlueprint(session, recipe.fingerprint),
    mayCreateDatabases(session),
  ]);
  if (isReadyFor(found, wanted)) return found;
  if (found === undefined && wanted.schema && !mayCreate) {
    const retargeted = { ...recipe, fingerprint: inPlace(recipe.fingerprint) };
    const made = await findBlueprint(session, retargeted.fingerprint);
    return isReadyFor(made, wanted) ? made : makeOnce(session, retargeted, wanted, "schema");
  }
  return makeOnce(session, recipe, wanted, "database");
}

const underWay = new Map<string, Promise<Blueprint>>();

/** Calls of one process that want the same at the same time share the waiting and the work. */
function makeOnce<Context>(
  session: Session,
  recipe: Recipe<Context>,
  wanted: Wanted,
  place: Place,
): Promise<Blueprint> {
  const key = JSON.stringify([session.target, recipe.fingerprint, wanted.schema]);
  const made = underWay.get(key) ?? make(session, recipe, wanted, place).finally(() => underWay.delete(key));
  underWay.set(key, made);
  return made;
}

/** After how many milliseconds waiting is worth a word. */
const WORD_AFTER = 1_000;
/** How often to look whether somebody else is done, in milliseconds. */
const LOOK_EVERY = 50;

/** Who waits for another process to build it holds no connection for that: the builder may need it. */
async function make<Context>(
  control: Session,
  recipe: Recipe<Context>,
  wanted: Wanted,
  place: Place,
): Promise<Blueprint> {
  const { deadline = DEADLINE } = control.target;
  const lock = blueprintLock(recipe.fingerprint);
  const { folder } = recipe.migrations;
  const since = performance.now();
  for (;;) {
    if (!(await isLocked(control, lock))) {
      const made = await tryToMake(control.target, lock, recipe, wanted, place);
      if (made) return made;
    }
    const waited = performance.now() - since;
    if (waited > WORD_AFTER) noticeOnce(`waiting for another process, which builds the blueprint of ${folder} …`);
    if (waited > deadline) {
      throw new TestDbError("UNIT_FAILED", {
        what: `The blueprint of ${folder} was not ready within ${deadline / 1000} s`,
        why: "another process builds it, and has not come to an end",
        next: "look what that one does; or wait longer: withTestDb({ deadline: 300_000, … })",
      });
    }
    await sleep(LOOK_EVERY);
    const found = await findBlueprint(control, recipe.fingerprint);
    if (isReadyFor(found, wanted)) return found;
  }
}

/** Undefined where somebody else is at it. */
async function tryToMake<Context>(
  target: Target,
  lock: number,
  recipe: Recipe<Context>,
  wanted: Wanted,
  place: Place,
): Promise<Blueprint | undefined> {
  // a session of its own: what takes long must not hold up this process's other units. Once its lock is lost, somebody
  // else may have built what it would go on to change
  const [session, { completeBlueprint }] = await Promise.all([
    openSession(target, IMPATIENT, { reconnects: false }),
    import("./complete-blueprint.ts"),
  ]);
  let blueprint: Blueprint | undefined;
  try {
    await tryLock(session, lock, async () => {
      const found = await findBlueprint(session, recipe.fingerprint);
      blueprint = isReadyFor(found, wanted) ? found : await completeBlueprint(session, recipe, found, wanted, place);
      if (blueprint) return;
      throw new TestDbError("UNIT_FAILED", {
        what: `The blueprint ${recipe.fingerprint} was dropped while it was built`,
        next: "run it again",
      });
    });
    return blueprint;
  } catch (error) {
    throw isConnectionLost(error) ? connectError(target, error) : error;
  } finally {
    // its lock is free already
    session.close().catch(() => {});
  }
}
