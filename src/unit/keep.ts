/** Keeps units that somebody is to look into: by demand until they are dropped by hand, after a failure for a while, and not many. */
import type { Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { IS_THERE } from "../janitor/homes.ts";
import { forgetKept, HOURS, noteKept } from "../kept/kept-notes.ts";
import { sayKept } from "../kept/say-kept.ts";
import type { Isolation } from "../options.ts";
import type { Target } from "../target/target.ts";
import { dropUnit } from "./drop-unit.ts";
import { unitGone } from "./give-up.ts";
import type { Unit } from "./unit.ts";

/** What is known of the test that failed. */
export interface Failure {
  /** Its name. */
  readonly test: string | undefined;
  /** What repeats the order of rows, where the unit was shaken: `TEST_DB_SHAKE=abc`. */
  readonly repeat?: string | undefined;
}

/** For how long a unit is kept after a failure, as Postgres writes an interval. */
export const KEPT_FOR: string = `${HOURS} hours`;
/** How many units of one home are kept after failures. */
const LIMIT = 8;

/**
 * Leaves the unit where it is, under its name.
 *
 * @param failure - undefined where all units are to be kept: no sweep drops this one, but `sweep --all`
 * @throws TestDbError `UNIT_GONE`
 */
export async function keepUnit(control: Control, unit: Unit, failure: Failure | undefined): Promise<void> {
  const session = await control.session();
  // nobody's: this process may live on, and a sweep takes the unit all the same
  const kept = await session.rows(
    `update with_test_db.unit u set state = 'kept', holder = 0, kept_until = case when kept_until is null then now() + $2::text::interval end
      where name = $1::text and ${IS_THERE} returning name`,
    [unit.name, failure ? KEPT_FOR : null],
  );
  if (kept.length === 0) throw unitGone(unit);
  afterKeeping(control, session.target, unit, failure);
}

/** Says where a unit was kept, so that it can be looked into from elsewhere, and drops the oldest of those that are too many. */
export function afterKeeping(
  control: Control,
  home: Target,
  { name, isolation }: Pick<Unit, "name" | "isolation">,
  failure: Failure | undefined,
): void {
  const isNoted = noteKept({ name, isolation, home, test: failure?.test });
  sayKept({ name, isolation }, failure && { ...failure, keptFor: KEPT_FOR }, isNoted);
  if (failure) control.inBackground(dropOldest);
}

/**
 * Those that somebody is looking into stay. One at a time, the oldest first: of two processes that claimed several at once, each
 * could wait for the other.
 */
async function dropOldest(session: Session): Promise<void> {
  const old = await session.rows<{ name: string; isolation: Isolation }>(
    `select name, isolation from (select name, isolation, kept_until from with_test_db.unit
       where state = 'kept' and kept_until is not null order by kept_until desc offset ${LIMIT}) as old order by kept_until, name`,
  );
  for (const unit of old) {
    const claimed = await session.rows(
      `update with_test_db.unit u set state = 'returned'
        where u.name = $1::text and u.state = 'kept' and u.kept_until is not null and not with_test_db.unit_is_busy(u.name)
       returning u.name`,
      [unit.name],
    );
    if (claimed.length === 0) continue;
    await dropUnit(session, unit);
    forgetKept(unit.name);
  }
}
