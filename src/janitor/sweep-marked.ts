/**
 * Databases that bear our mark and have no record: their target is gone, records and all; or the control schema was
 * dropped; or whoever built them could not undo it. The mark says as much as the record did: whose they are, since when,
 * and whose lock tells whether that one is alive.
 */
import { MARK } from "../blueprint/private-database.ts";
import { tryLock } from "../connections/advisory-lock.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

/** What is read out of a mark; $1 is the database's name. */
interface Marked {
  readonly targetOid: string;
  readonly holder: number;
  readonly madeAt: number;
}

const MARKED = `
  select d.datname as name, shobj_description(d.oid, 'pg_database') as comment from pg_database d
   where d.datname like 'it\\_%' and shobj_description(d.oid, 'pg_database') like '${MARK} {%'
     and pg_get_userbyid(d.datdba) = current_user`;
const NOT_RECORDED = `
     and not exists (select from with_test_db.unit u where u.name = d.datname)
     and not exists (select from with_test_db.blueprint b where b.database_name = d.datname)`;

/** @param recorded - whether the session's own database has our records */
export async function sweepMarked(sweeping: Sweeping, recorded: boolean): Promise<void> {
  const { session, minAge, databases } = sweeping;
  const [own] = await session.rows<{ oid: string; now: number }>(
    `select oid::text as oid, extract(epoch from now())::float8 as now from pg_database where datname = current_database()`,
  );
  // one query for both, and so one moment: a record is written before its database, and deleted after it
  const query = recorded ? MARKED + NOT_RECORDED : MARKED;
  for (const { name, comment } of await session.rows<{ name: string; comment: string }>(query)) {
    const mark = readMark(comment);
    if (!mark) continue;
    const drop = async (): Promise<void> => {
      const [again] = await session.rows<{ comment: string }>(`${query} and d.datname = $1::text`, [name]);
      if (again?.comment === comment && (await dropUnused(sweeping, name))) databases.push(name);
    };
    await attempt(sweeping, name, async () => {
      if (mark.targetOid === own?.oid) {
        if (mark.madeAt <= own.now - minAge) await tryLock(session, mark.holder, drop);
        return;
      }
      const target = await session.rows("select 1 as found from pg_database where oid = $1::oid", [mark.targetOid]);
      if (target.length === 0) await drop();
    });
  }
}

function readMark(comment: string): Marked | undefined {
  try {
    const { targetOid, holder, madeAt } = JSON.parse(comment.slice(MARK.length)) as Record<string, unknown>;
    const whole = /^\d{1,12}$/;
    if (typeof targetOid !== "string" || !whole.test(targetOid)) return undefined;
    if (typeof madeAt !== "string" || !whole.test(madeAt)) return undefined;
    return Number.isInteger(holder) ? { targetOid, holder: holder as number, madeAt: Number(madeAt) } : undefined;
  } catch {
    return undefined;
  }
}
