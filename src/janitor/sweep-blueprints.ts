/** Half-built blueprints whose builder is gone, and those that nobody has used for long. */
import { blueprintLock, tryLock } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import { ident } from "../sql/identifiers.ts";
import { dropRelations, isTooLarge } from "../unit/drop-relations.ts";
import { attempt, dropUnused, type Sweeping } from "./sweeping.ts";

/** $1 is the least age of a half-built one, $2 that of one which was built. One with units in use is in use itself. */
const DUE = `
  select b.fingerprint, b.database_name as name,
         exists (select from pg_namespace n where n.nspname = b.database_name) as is_schema,
         exists (select from pg_database d where d.datname = b.database_name) as is_database
    from with_test_db.blueprint b
   where (b.state = 'building' and b.created_at < now() - make_interval(secs => $1::float8)
          or b.state = 'ready' and b.used_at < now() - make_interval(secs => $2::float8)
          or b.state = 'ready' and not exists (select from pg_database d where d.datname = b.database_name)
             and not exists (select from pg_namespace n where n.nspname = b.database_name))
     and not exists (select from with_test_db.unit u where u.fingerprint = b.fingerprint and u.state <> 'free')`;

interface Due {
  readonly fingerprint: string;
  readonly name: string;
  readonly is_schema: boolean;
  readonly is_database: boolean;
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
          // a blueprint of a user who may not create databases is a schema
          if (again.is_schema) await dropSchema(session, again.name);
          await session.rows("delete from with_test_db.blueprint where fingerprint = $1::text", [fingerprint]);
        }
        (again.is_database || again.is_schema ? databases : records).push(again.name);
      }),
    );
  }
}

async function dropSchema(session: Session, name: string): Promise<void> {
  const drop = `drop schema if exists ${ident(name)} cascade`;
  try {
    await session.script(drop);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    await dropRelations(session, name);
    await session.script(drop);
  }
}
