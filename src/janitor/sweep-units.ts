/** Drops units that are schemas: where the process that took them is gone, or where they were free for long. */
import { setTimeout as sleep } from "node:timers/promises";
import { LOCK_CLASS, newLock, tryLock } from "../connections/advisory-lock.ts";
import { IS_CROWDED } from "../connections/waiting.ts";
import { dropRelations, isTooLarge } from "../unit/drop-relations.ts";
import { attempt, type Sweeping } from "./sweeping.ts";

/**
 * Units that are old enough: $1 is the least age, $2 that of free units. A kept unit is dropped on demand only. Each of three
 * things protects a unit: the lock of its holder, a connection that bears its name or holds a lock in it, and its age. On a
 * crowded server a holder may still wait for the connection that would take its lock, so units in use are left alone there.
 */
export const OLD: string = `case u.state when 'free' then u.freed_at < now() - make_interval(secs => $2::float8)
                            or not exists (select from pg_namespace n where n.nspname = u.name)
                       when 'kept' then $2::float8 = 0
                       else u.leased_at < now() - make_interval(secs => $1::float8) and not ${IS_CROWDED} end`;

export async function sweepUnits(sweeping: Sweeping): Promise<void> {
  const { session, minAge, freeAge, units, records } = sweeping;
  const candidates = await session.rows<{ name: string; there: boolean; holder: number; state: string }>(
    `select u.name, u.holder, u.state, exists (select from pg_namespace n where n.nspname = u.name) as there
       from with_test_db.unit u where u.isolation = 'schema' and ${OLD}`,
    [minAge, freeAge],
  );
  if (candidates.some(({ state }) => state === "leased")) await sleep(sweeping.secondLookAfter);
  for (const { name, there, holder } of candidates) {
    await attempt(sweeping, name, async () => {
      if (await sweepUnit(sweeping, name, holder)) (there ? units : records).push(name);
    });
  }
}

async function sweepUnit(sweeping: Sweeping, name: string, holder: number): Promise<boolean> {
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
async function dropInParts({ session, minAge, freeAge }: Sweeping, name: string, holder: number): Promise<boolean> {
  const own = newLock();
  let dropped = false;
  const drop = async (): Promise<void> => {
    const claimed = await session.rows(
      `update with_test_db.unit u set state = 'returned', holder = $4::int
        where u.name = $3::text and u.holder = $5::int and ${OLD} and not with_test_db.unit_is_busy(u.name, u.name)
        returning u.name`,
      [minAge, freeAge, name, own, holder],
    );
    if (claimed.length === 0) return;
    await dropRelations(session, name);
    await session.rows("select with_test_db.drop_unit($1::text)", [name]);
    dropped = true;
  };
  await tryLock(session, holder, () => tryLock(session, own, drop));
  return dropped;
}
