/** Gives a unit up with a session of ours: back to the pool if it may be used again, else it is dropped with its record. */
import type { Control } from "../control/control.ts";
import { TestDbError } from "../errors.ts";
import { failure } from "../sql/failure.ts";
import { ident } from "../sql/identifiers.ts";
import { describeTarget } from "../target/target.ts";
import { now } from "../timers.ts";
import { dropUnusedDatabase, returnDatabase } from "./database-unit.ts";
import { dropSchema } from "./drop-schema.ts";
import { keepIfAsked, type Returning, returnToPool } from "./pool.ts";
import type { Unit } from "./unit.ts";

/**
 * After how many milliseconds without a connection, and without the lock of its process, a sweep may have taken a unit: on a
 * full server a session is waited for, and a sweep that takes what is given up does no harm.
 */
const SWEPT_AFTER = 500;

/**
 * Sessions are ended that still do something in the unit, or hold a lock in it: the unit is ours. Those that idle outside of a
 * transaction are an application's, which would take their end for a failure: they are left alone.
 *
 * @throws TestDbError `UNIT_GONE` when the unit was dropped before (its record goes, too), `DISPOSE_FAILED`
 */
export async function giveUpUnit(control: Control, unit: Unit, pooled: Returning | undefined): Promise<void> {
  const { name, isolation, target } = unit;
  const began = now();
  try {
    const session = await control.session();
    const hasWaited = now() - began > SWEPT_AFTER;
    const isDatabase = isolation === "database";
    const found = pooled
      ? await (isDatabase ? returnDatabase : returnToPool)(control, pooled)
      : (await keepIfAsked(session, name)) || (await (isDatabase ? dropUnusedDatabase : dropSchema)(session, name));
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
