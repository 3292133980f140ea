/** Gives a unit up with a session of ours: back to the pool if it may be used again, else it is dropped with its record. */

import type { Control } from "../control/control.ts";
import { TestDbError } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { failure } from "../sql/failure.ts";
import { ident } from "../sql/identifiers.ts";
import { describeTarget } from "../target/target.ts";
import { returnDatabase } from "./database-unit.ts";
import { dropUnit } from "./drop-unit.ts";
import { type Returning, returnToPool } from "./pool.ts";
import type { Unit } from "./unit.ts";

/** Leaves the unit where it is, to be looked at: no sweep drops it, but `sweep --all`. */
export async function keepUnit(control: Control, { name, isolation }: Unit): Promise<void> {
  const session = await control.session();
  // nobody's: this process may live on, and a sweep on demand takes it all the same
  const kept = await session.rows(
    "update with_test_db.unit set state = 'kept', holder = 0 where name = $1::text returning name",
    [name],
  );
  if (kept.length > 0) noticeOnce(`kept the ${isolation} ${name}; npx with-test-db sweep --all drops it`);
}

/**
 * After how many milliseconds without a connection, and without the lock of its process, a sweep may have taken a unit: on a
 * full server a session is waited for, and a sweep that takes what is given up does no harm.
 */
const SWEPT_AFTER = 500;

/**
 * Connections to the unit that are still open are ended, and so are sessions that hold a lock in it: the unit is ours.
 *
 * @throws TestDbError `UNIT_GONE` when the unit was dropped before (its record goes, too), `DISPOSE_FAILED`
 */
export async function giveUpUnit(control: Control, unit: Unit, pooled: Returning | undefined): Promise<void> {
  const { name, isolation, target } = unit;
  const began = performance.now();
  try {
    const session = await control.session();
    const hasWaited = performance.now() - began > SWEPT_AFTER;
    const giveBack = isolation === "database" ? returnDatabase : returnToPool;
    const found = await (pooled ? giveBack(control, pooled) : dropUnit(session, unit));
    if (found || hasWaited) return;
  } catch (error) {
    const what = `The ${isolation} ${name} in ${describeTarget(target)} could not be given up`;
    const next = `drop ${isolation} ${ident(name)}${isolation === "schema" ? " cascade" : " with (force)"};`;
    throw failure("DISPOSE_FAILED", { what, next }, error);
  }
  throw unitGone(unit);
}

export const unitGone = ({ name, isolation }: Unit): TestDbError =>
  new TestDbError("UNIT_GONE", {
    what: `The ${isolation} ${name} was not there any more when it was disposed of`,
    why: "something dropped it during the test; the test may not have tested what it seems to",
    next: `look for what drops schemas or databases: ${ident(name)} belongs to withTestDb() until dispose()`,
  });
