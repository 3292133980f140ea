/**
 * Drops databases of units whose process is gone, of half-built blueprints, and of blueprints long unused; and databases that
 * bear the library's mark and have no record: their target is gone with its records, or the control schema was dropped, or
 * the process that made them could not undo it. The mark says as much as the record did: the target, the time, the lock.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { blueprintLock, tryLock } from "../connections/advisory-lock.ts";
import { MARK } from "../control/private-database.ts";
import { OLD } from "./sweep-units.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

interface Due {
  readonly name: string;
  readonly fingerprint: string;
  /** The number of the lock that the database's maker holds while alive; null for a blueprint with a record. */
  readonly holder: number | null;
  readonly there: boolean;
}

/** $1 is the least age of a unit that was handed out, $2 that of a free one. */
const UNITS = `
  select u.name, u.fingerprint, u.holder::float8 as holder,
         exists (select from pg_database d where d.datname = u.name) as there
    from with_test_db.unit u where u.isolation = 'database' and ${OLD}`;

/** $1 is the least age of a half-built blueprint, $2 that of a built one. A blueprint with units in use is in use itself. */
const BLUEPRINTS = `
  select b.database_name as name, b.fingerprint, null::float8 as holder,
         exists (select from pg_database d where d.datname = b.database_name) as there
    from with_test_db.blueprint b
   where (b.state = 'building' and b.created_at < now() - make_interval(secs => $1::float8)
          or b.state = 'ready' and b.used_at < now() - make_interval(secs => $2::float8)
          or b.state = 'ready' and not exists (select from pg_database d where d.datname = b.database_name))
     and not exists (select from with_test_db.unit u where u.fingerprint = b.fingerprint and u.state <> 'free')`;

/** $1 is the least age where the target is this database. A quote within a name is escaped in JSON, and misleads no pattern. */
const MARKED = `
  select d.datname as name, '' as fingerprint, mark.holder, true as there
    from pg_database d, shobj_description(d.oid, 'pg_database') as comment,
         lateral (select substring(comment from '"targetOid":"(\\d{1,12})"') as target,
                         substring(comment from '"holder":(-?\\d{1,10})[,}]')::float8 as holder,
                         substring(comment from '"madeAt":"(\\d{1,12})"')::float8 as made_at) as mark
   where d.datname like 'it\\_%' and comment like '${MARK} {%' and pg_get_userbyid(d.datdba) = current_user
     and mark.target is not null and mark.holder is not null and mark.made_at is not null
     and case when mark.target = (select oid::text from pg_database where datname = current_database())
              then mark.made_at <= extract(epoch from now()) - $1::float8
              else not exists (select from pg_database t where t.oid::text = mark.target) end`;

/** In the same query, and so at the same moment: a record is written before its database is made, and deleted after the drop. */
const NOT_RECORDED = `
     and not exists (select from with_test_db.unit u where u.name = d.datname)
     and not exists (select from with_test_db.blueprint b where b.database_name = d.datname)`;

export async function sweepDatabases(sweeping: Sweeping, hasRecords: boolean): Promise<void> {
  const { minAge, freeAge, blueprintAge, secondLookAfter } = sweeping;
  if (hasRecords) {
    const forgetUnit = "delete from with_test_db.unit where name = $1::text";
    await sweepDue(sweeping, UNITS, [minAge, freeAge], forgetUnit, secondLookAfter);
    const forgetBlueprint = "delete from with_test_db.blueprint where database_name = $1::text";
    await sweepDue(sweeping, BLUEPRINTS, [minAge, blueprintAge], forgetBlueprint);
  }
  await sweepDue(sweeping, hasRecords ? MARKED + NOT_RECORDED : MARKED, [minAge]);
}

async function sweepDue(
  sweeping: Sweeping,
  due: string,
  ages: readonly number[],
  forget?: string,
  secondLookAfter?: number,
): Promise<void> {
  const { session, dryRun, databases, records } = sweeping;
  const candidates = await session.rows<Due>(due, ages);
  if (candidates.length > 0) await sleep(secondLookAfter ?? 0);
  const [$name, $holder] = [`$${ages.length + 1}::text`, `$${ages.length + 2}::float8`];
  const again = `select there from (${due}) as due where name = ${$name} and holder is not distinct from ${$holder}`;
  for (const { name, fingerprint, holder } of candidates) {
    await attempt(sweeping, name, () =>
      tryLock(session, holder ?? blueprintLock(fingerprint), async () => {
        const [still] = await session.rows<Pick<Due, "there">>(again, [...ages, name, holder]);
        if (!still || !(await dropUnused(sweeping, name))) return;
        if (forget && !dryRun) await session.rows(forget, [name]);
        (still.there ? databases : records).push(name);
      }),
    );
  }
}
