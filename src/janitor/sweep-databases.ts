/** Databases that have a record: of units whose process is gone, of half-built blueprints, and of blueprints long unused. */
import { setTimeout as sleep } from "node:timers/promises";
import { blueprintLock, tryLock } from "../connections/advisory-lock.ts";
import { OLD } from "./sweep-units.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

/** A database that is due, by its record. */
interface Due {
  readonly name: string;
  readonly fingerprint: string;
  /** The number of the lock that a unit's process holds; null for a blueprint. */
  readonly holder: number | null;
  readonly there: boolean;
}

const UNITS = `
  select u.name, u.fingerprint, u.holder, exists (select from pg_database d where d.datname = u.name) as there
    from with_test_db.unit u where u.isolation = 'database' and ${OLD}`;
const FORGET_UNIT = "delete from with_test_db.unit where name = $1::text";

/** $1 is the least age of a half-built one, $2 that of one which was built. One with units in use is in use itself. */
const BLUEPRINTS = `
  select b.database_name as name, b.fingerprint, null::int as holder,
         exists (select from pg_database d where d.datname = b.database_name) as there
    from with_test_db.blueprint b
   where (b.state = 'building' and b.created_at < now() - make_interval(secs => $1::float8)
          or b.state = 'ready' and b.used_at < now() - make_interval(secs => $2::float8)
          or b.state = 'ready' and not exists (select from pg_database d where d.datname = b.database_name))
     and not exists (select from with_test_db.unit u where u.fingerprint = b.fingerprint and u.state <> 'free')`;
const FORGET_BLUEPRINT = "delete from with_test_db.blueprint where database_name = $1::text";

export async function sweepDatabases(sweeping: Sweeping): Promise<void> {
  const { minAge, freeAge, blueprintAge } = sweeping;
  await sweepDue(sweeping, UNITS, [minAge, freeAge], FORGET_UNIT);
  await sweepDue(sweeping, BLUEPRINTS, [minAge, blueprintAge], FORGET_BLUEPRINT);
}

async function sweepDue(sweeping: Sweeping, due: string, ages: readonly number[], forget: string): Promise<void> {
  const { session, dryRun, secondLookAfter, databases, records } = sweeping;
  const candidates = await session.rows<Due>(due, ages);
  if (candidates.some(({ holder }) => holder !== null)) await sleep(secondLookAfter);
  const again = `select there from (${due}) as due where name = $3::text and holder is not distinct from $4::int`;
  for (const { name, fingerprint, holder } of candidates) {
    await attempt(sweeping, name, () =>
      tryLock(session, holder ?? blueprintLock(fingerprint), async () => {
        const [still] = await session.rows<Pick<Due, "there">>(again, [...ages, name, holder]);
        if (!still || !(await dropUnused(sweeping, name))) return;
        if (!dryRun) await session.rows(forget, [name]);
        (still.there ? databases : records).push(name);
      }),
    );
  }
}
