/** Half-built blueprints whose builder is gone, and those that nobody has used for long. */
import { blueprintLock, tryLock } from "../connections/advisory-lock.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

/** $1 is the least age of a half-built one, $2 that of one which was built. One with units in use is in use itself. */
const DUE = `
  select b.fingerprint, b.database_name as name,
         exists (select from pg_database d where d.datname = b.database_name) as there
    from with_test_db.blueprint b
   where (b.state = 'building' and b.created_at < now() - make_interval(secs => $1::float8)
          or b.state = 'ready' and b.used_at < now() - make_interval(secs => $2::float8)
          or b.state = 'ready' and not exists (select from pg_database d where d.datname = b.database_name))
     and not exists (select from with_test_db.unit u where u.fingerprint = b.fingerprint and u.state <> 'free')`;

interface Due {
  readonly fingerprint: string;
  readonly name: string;
  readonly there: boolean;
}

export async function sweepBlueprints(sweeping: Sweeping): Promise<void> {
  const { session, minAge, blueprintAge, dryRun, databases, records } = sweeping;
  const candidates = await session.rows<Due>(DUE, [minAge, blueprintAge]);
  for (const { fingerprint, name } of candidates) {
    await attempt(sweeping, name, () =>
      tryLock(session, blueprintLock(fingerprint), async () => {
        const [again] = await session.rows<Due>(`${DUE} and b.fingerprint = $3::text`, [
          minAge,
          blueprintAge,
          fingerprint,
        ]);
        if (!again || !(await dropUnused(sweeping, again.name))) return;
        if (!dryRun) {
          await session.rows("delete from with_test_db.blueprint where fingerprint = $1::text", [fingerprint]);
        }
        (again.there ? databases : records).push(again.name);
      }),
    );
  }
}
