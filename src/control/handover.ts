/**
 * Makes room for this version's control schema where another version of the library left its own. All formats have a
 * `unit` and a `blueprint` table with the columns used here, and a `drop_unit(text)`.
 */
import { LOCK_CLASS } from "../connections/advisory-lock.ts";
import type { Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { noticeOnce } from "../notice.ts";
import { ident } from "../sql/identifiers.ts";
import { describeTarget } from "../target/target.ts";
import { dropDatabase } from "./private-database.ts";

/** Holders hold a lock of ours, and so does whoever builds a blueprint; a unit that is young may have a holder without one. */
const IN_USE = `
  select exists (select from pg_locks
                  where locktype = 'advisory' and classid = $1::int and pid <> pg_backend_pid()
                    and database = (select oid from pg_database where datname = current_database()))
      or exists (select from with_test_db.unit u join pg_stat_activity a on a.application_name = u.name or a.datname = u.name)
      or exists (select from with_test_db.unit u where u.state = 'leased' and u.leased_at > now() - interval '1 minute') as "inUse"`;

/**
 * Drops what the other version has records of, and its schema. Call it while holding the lock on the control schema.
 *
 * @throws TestDbError `CONTROL_SCHEMA_INVALID` where somebody uses it right now
 */
export async function takeOver(session: Session): Promise<void> {
  const [other] = await session.rows<{ inUse: boolean }>(IN_USE, [LOCK_CLASS]);
  if (other?.inUse) {
    throw new TestDbError("CONTROL_SCHEMA_INVALID", {
      what: `Another version of with-test-db is at work in ${describeTarget(session.target)}`,
      why: "two versions cannot keep their records in one database at the same time",
      next: "wait until its suites are done, or give each version a database of its own",
    });
  }
  const units = await session.rows<{ name: string; isolation: string; state: string }>(
    "select name, isolation, state from with_test_db.unit",
  );
  for (const { name, isolation, state } of units) {
    if (state === "kept") noticeOnce(`the ${isolation} ${name} was kept by another version, and stays`);
    else if (isolation === "database") await dropDatabase(session, name, { evenIfUsed: false });
    else await session.rows("select with_test_db.drop_unit($1::text)", [name]);
  }
  // where a role may not create databases, earlier versions made schemas of them
  const blueprints = await session.rows<{ name: string; is_schema: boolean }>(
    `select b.database_name as name, exists (select from pg_namespace n where n.nspname = b.database_name) as is_schema
       from with_test_db.blueprint b`,
  );
  for (const { name, is_schema } of blueprints) {
    if (is_schema) await session.script(`drop schema ${ident(name)} cascade`);
    else await dropDatabase(session, name, { evenIfUsed: false });
  }
  await session.script("drop schema with_test_db cascade");
}
