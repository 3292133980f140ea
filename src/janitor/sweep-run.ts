/**
 * Drops what the processes of one run left, at once: a sweep takes what is young for a test's that has only just begun, but here
 * the run is over, and its processes are known by the numbers of their locks. What one of them still holds stays, as does what any
 * other process has.
 */
import { homeLock, isLocked, tryLock } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import type { Holder } from "../control/holders-of-run.ts";
import { inHomes, readOurDatabases } from "./homes.ts";
import { sweepRecorded } from "./sweep-units.ts";
import { attempt, beginSweep, dropUnused, type Sweeping, type Swept } from "./sweeping.ts";

/** @param session - in the database that was named */
export async function sweepRun(session: Session, used: readonly Holder[]): Promise<Swept> {
  const sweeping = beginSweep(session, { minAge: 0, holders: used.map(({ holder }) => holder) });
  const homes = new Set(used.map(({ home }) => home));
  if (homes.size > 0) {
    await inHomes(
      session,
      (home) => sweepRecorded({ ...sweeping, session: home }),
      ({ name }) => homes.has(name),
    );
    await sweepBuilds(sweeping, homes);
  }
  const { units, databases, records, failures } = sweeping;
  return { units, databases, records, failures };
}

/** Homes whose building was broken off. Nobody else begins to build one meanwhile: that takes the same lock. */
async function sweepBuilds(sweeping: Sweeping, homes: ReadonlySet<string>): Promise<void> {
  const { session, databases } = sweeping;
  const ours = await readOurDatabases(session);
  for (const { name, home } of ours.filter(({ what, home }) => what === "building" && homes.has(home))) {
    await attempt(sweeping, name, async () => {
      if (await isLocked(session, homeLock(home), "in any database")) return;
      await tryLock(session, homeLock(home), async () => {
        const isStill = (await readOurDatabases(session)).some((one) => one.name === name && one.what === "building");
        if (isStill && (await dropUnused(sweeping, name))) databases.push(name);
      });
    });
  }
}
