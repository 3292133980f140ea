/** Drops the units of a home: where the process that took them is gone, or where they were free for long. */
import { LOCK_CLASS, newLock, tryLock } from "../connections/advisory-lock.ts";
import { IS_CROWDED } from "../connections/waiting.ts";
import { OUR_DATABASES } from "../control/databases.ts";
import type { Isolation } from "../options.ts";
import { sleep } from "../timers.ts";
import { dropRelations, isTooLarge } from "../unit/drop-relations.ts";
import { IS_THERE, KEPT_UNTIL } from "./homes.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

/**
 * Units that are old enough: $1 is the least age, $2 that of free units. A kept unit is dropped on demand only, unless it was kept
 * after a failure, for a while; the same of a unit that is to be kept when its test gives it up. Each of three
 * things protects a unit: the lock of its holder, a connection that bears its name or holds a lock in it, and its age. On a
 * crowded server a holder may still wait for the connection that would take its lock, so units in use are left alone there.
 */
const OLD = `case u.state when 'free' then u.freed_at < now() - make_interval(secs => $2::float8) or not ${IS_THERE}
                            when 'kept' then $2::float8 = 0 or ${KEPT_UNTIL} < now()
                            else ($2::float8 = 0 or ${KEPT_UNTIL} is null) and u.leased_at < now() - make_interval(secs => $1::float8) and not ${IS_CROWDED} end`;

/** What tests made outside of units that were given up goes before the next lease. With a sweep it goes where its maker is old: $1, $2. */
const DROP_OLD_STRAYS = `select with_test_db.drop_strays() where $2::float8 = 0 or exists (select from with_test_db.stray s
   where not exists (select from with_test_db.unit u where u.id = any (s.makers) and u.leased_at > now() - make_interval(secs => $1::float8)))`;

interface Candidate {
  readonly name: string;
  readonly isolation: Isolation;
  readonly holder: number;
  readonly state: string;
  readonly there: boolean;
}

/** @param sweeping - with a session in the home */
export async function sweepUnits(sweeping: Sweeping): Promise<void> {
  const { session, minAge, freeAge } = sweeping;
  await sweepRecorded(sweeping);
  if (!sweeping.dryRun) await session.rows(DROP_OLD_STRAYS, [minAge, freeAge]);
  await sweepUnrecorded(sweeping);
}

/**
 * SQL: the units of certain holders, $3, or all. A schema that was given back is not left behind: whoever needs one next proves it.
 */
const OF_HOLDERS = `($3::text is null or u.holder = any ($3::text::int[]) and (u.state = 'leased' or u.isolation = 'database'))`;

/** The units that the home has records of. */
export async function sweepRecorded(sweeping: Sweeping): Promise<void> {
  const { session, minAge, freeAge, holders, units, databases, records } = sweeping;
  const candidates = await session.rows<Candidate & Record<string, unknown>>(
    `select u.name, u.isolation, u.holder, u.state, ${IS_THERE} as there from with_test_db.unit u
      where ${OLD} and ${OF_HOLDERS}`,
    [minAge, freeAge, holders ? `{${holders.join(",")}}` : null],
  );
  if (candidates.some(({ state }) => state === "leased")) await sleep(sweeping.secondLookAfter);
  for (const { name, isolation, there, holder, state } of candidates) {
    await attempt(sweeping, name, async () => {
      const isSchema = isolation === "schema";
      const isDropped = await (isSchema ? sweepSchema : sweepDatabase)(sweeping, name, holder);
      if (isDropped && state !== "leased" && state !== "free" && !sweeping.dryRun)
        (await import("../kept/kept-notes.ts")).forgetKept(name);
      if (isDropped) (there ? (isSchema ? units : databases) : records).push(name);
    });
  }
}

async function sweepSchema(sweeping: Sweeping, name: string, holder: number): Promise<boolean> {
  const { session, minAge, freeAge, dryRun } = sweeping;
  try {
    const [row] = await session.rows<{ dropped: boolean }>(
      `select with_test_db.sweep_unit(u.name, $4::int, make_interval(secs => $1::float8), make_interval(secs => $2::float8),
                                      $5::text::boolean) as dropped
         from with_test_db.unit u where u.name = $3::text and ${OLD}`,
      [minAge, freeAge, name, LOCK_CLASS, String(dryRun)],
    );
    return row?.dropped === true;
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return dropInParts(sweeping, name, holder);
  }
}

/** For a unit that is too large for one transaction. It is claimed first, or a call could lease what is half dropped. */
async function dropInParts(sweeping: Sweeping, name: string, holder: number): Promise<boolean> {
  const { session } = sweeping;
  const own = newLock();
  return claimed(sweeping, name, holder, own, async () => {
    await dropRelations(session, name);
    await session.rows("select with_test_db.drop_unit($1::text)", [name]);
    return true;
  });
}

async function sweepDatabase(sweeping: Sweeping, name: string, holder: number): Promise<boolean> {
  return claimed(sweeping, name, holder, newLock(), async () => {
    if (!(await dropUnused(sweeping, name))) return false;
    if (!sweeping.dryRun) await sweeping.session.rows("delete from with_test_db.unit where name = $1::text", [name]);
    return true;
  });
}

/** Runs `work` on a unit that nobody can lease meanwhile. False where it is in use after all. */
async function claimed(
  { session, minAge, freeAge, dryRun }: Sweeping,
  name: string,
  holder: number,
  own: number,
  work: () => Promise<boolean>,
): Promise<boolean> {
  let isDone = false;
  const claim = async (): Promise<void> => {
    const isOld = `u.name = $3::text and u.holder = $4::int and ${OLD} and not with_test_db.unit_is_busy(u.name)`;
    const query = dryRun
      ? `select from with_test_db.unit u where ${isOld}`
      : `update with_test_db.unit u set state = 'returned', holder = ${own} where ${isOld} returning name`;
    const rows = await session.rows(query, [minAge, freeAge, name, holder]);
    if (rows.length > 0) isDone = await work();
  };
  await tryLock(session, holder, () => tryLock(session, own, claim));
  return isDone;
}

/** Databases that bear this home's mark without being recorded: the process that made them could not undo it. */
async function sweepUnrecorded(sweeping: Sweeping): Promise<void> {
  const { session, minAge, databases } = sweeping;
  const lost = await session.rows<{ name: string }>(
    `select name from (${OUR_DATABASES}) as o
      where what = 'unit' and home = current_database() and made_at < extract(epoch from now()) - $1::float8
        and not exists (select from with_test_db.unit u where u.name = o.name)`,
    [minAge],
  );
  for (const { name } of lost) {
    await attempt(sweeping, name, async () => {
      if (await dropUnused(sweeping, name)) databases.push(name);
    });
  }
}
