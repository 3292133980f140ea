/**
 * After the migrations `public` becomes the origin, by Postgres' own rename: whatever Postgres knows by more than its text follows.
 * A new `public` takes its place, and the extensions are moved back into it, where the migrations put them.
 */
import type { Session } from "../connections/session.ts";
import { ident, literal } from "../sql/identifiers.ts";
import { postgresWords } from "../sql/sqlstate.ts";
import { refusal } from "./refused.ts";

/**
 * Renames `public`, all or nothing.
 *
 * @param origin - the name that it gets: letters, digits and `_`, so that it needs no quoting, and found nowhere else
 * @returns why it can't be done, in words; the database is as it was then
 */
export async function movePublic(session: Session, origin: string): Promise<string | undefined> {
  try {
    await session.script(MOVE(origin));
    return undefined;
  } catch (error) {
    const refused = refusal(error);
    if (!refused) throw error;
    return refused.code === OURS ? refused.message : `public can't be renamed: ${postgresWords(refused)}`;
  }
}

/** The SQLSTATE of reasons that are in our words. */
const OURS = "WT001";

const MOVE = (origin: string): string => `do $move$
declare
  x record;
begin
  -- all units share an extension's tables and sequences, and see what a test writes there
  for x in
    select e.extname, c.oid::pg_catalog.regclass as holds from pg_catalog.pg_extension e
      join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.refobjid = e.oid and d.deptype = 'e'
      join pg_catalog.pg_class c on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid = d.objid
     where c.relkind in ('r', 'p', 'S', 'm', 'f')
  loop
    raise exception 'the extension % holds data of its own, in %', x.extname, x.holds using errcode = '${OURS}';
  end loop;
  alter schema public rename to ${ident(origin)};
  create schema public;
  grant usage on schema public to public;
  for x in
    select e.extname from pg_catalog.pg_extension e
      join pg_catalog.pg_namespace n on n.oid = e.extnamespace
     where n.nspname = ${literal(origin)}
  loop
    begin
      execute pg_catalog.format('alter extension %I set schema public', x.extname);
    exception when feature_not_supported or insufficient_privilege or object_not_in_prerequisite_state or duplicate_object then
      raise exception 'the extension % can''t be moved to another schema: %', x.extname, sqlerrm using errcode = '${OURS}';
    end;
  end loop;
end $move$`;
