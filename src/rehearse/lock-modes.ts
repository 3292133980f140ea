/** What each mode of lock on a table keeps others from: PostgreSQL, Explicit Locking, Table-Level Lock Modes. */
import type { Blocks, HeldLock, Rehearsal } from "./rehearsal.ts";

/** From the strongest to the weakest. A mode conflicts with all that the next ones conflict with, but SHARE UPDATE EXCLUSIVE. */
const MODES: readonly (readonly [mode: string, blocks: Blocks])[] = [
  ["AccessExclusiveLock", "reads and writes"],
  ["ExclusiveLock", "writes"],
  ["ShareRowExclusiveLock", "writes"],
  ["ShareLock", "writes"],
  // VACUUM, CREATE INDEX and ALTER TABLE
  ["ShareUpdateExclusiveLock", "schema changes"],
  ["RowExclusiveLock", "nothing"],
  ["RowShareLock", "nothing"],
  ["AccessShareLock", "nothing"],
];

export const blocksOf = (mode: string): Blocks => MODES.find(([name]) => name === mode)?.[1] ?? "nothing";

/** Less is stronger. */
export const rankOf = (mode: string): number => MODES.findIndex(([name]) => name === mode);

/** What SQL and the manual call it: ACCESS EXCLUSIVE. */
export const modeInWords = (mode: string): string =>
  mode
    .replace(/Lock$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toUpperCase();

const STRENGTH: readonly Blocks[] = ["nothing", "schema changes", "writes", "reads and writes"];

/** Whether a lock blocks more than another. */
export const isStronger = (lock: HeldLock, other: HeldLock): boolean =>
  STRENGTH.indexOf(lock.blocks) > STRENGTH.indexOf(other.blocks);

/** The locks of one table as they came, without those that block nothing that was not blocked by then. */
export function strengthening(locks: readonly HeldLock[]): HeldLock[] {
  const stronger: HeldLock[] = [];
  for (const lock of locks) {
    const last = stronger.at(-1);
    if (!last || isStronger(lock, last)) stronger.push(lock);
  }
  return stronger;
}

/** On each table that was there before: what blocks others, and from when on more of them. */
export function worstLocks({ locks }: Pick<Rehearsal, "locks">): HeldLock[] {
  const old = locks.filter(({ isOld, blocks }) => isOld && blocks !== "nothing");
  const names = new Set(old.map(({ table }) => table));
  return [...names].flatMap((name) => strengthening(old.filter(({ table }) => table === name)));
}
