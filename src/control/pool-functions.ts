/** How units come back to the pool, or to their user: functions on the server. */
import { COMMITS_AT_ONCE, PINNED } from "./function-settings.ts";

export const POOL_FUNCTIONS: string = `
-- Whether a client holds a lock on a unit or on something in it: it has a transaction open there.
create function with_test_db.unit_is_locked(unit_name text) returns boolean
language sql volatile
set search_path to pg_catalog, pg_temp
set jit to off
as $$
  select exists (
    select from pg_locks l
      left join pg_stat_activity a on a.pid = l.pid
     cross join (select oid from pg_namespace where nspname = unit_name) n
     -- a prepared transaction has no process; autovacuum has no user, and what else a process is only its own user may see
     where (l.pid is null or l.pid <> pg_backend_pid() and a.usesysid is not null) and l.database = (select oid from pg_database where datname = current_database())
       and case l.locktype
             when 'object' then l.classid = 'pg_namespace'::regclass and l.objid = n.oid
             when 'relation' then exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = l.relation
                                             and d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid)
           end)
$$;

-- Whether somebody else is in a unit: a session that bears the name it had, or one that holds a lock in it.
create function with_test_db.unit_is_busy(unit_name text, old_name text) returns boolean
language sql volatile
set search_path to pg_catalog, pg_temp
set jit to off
as $$
  select exists (select from pg_stat_activity where application_name = old_name and pid <> pg_backend_pid() and datname = current_database())
      or with_test_db.unit_is_locked(unit_name)
$$;

-- Takes a unit back: renames it at once, so that a straggler of its last user that writes to the old name fails.
-- Returns whether it was still there.
create function with_test_db.take_back_unit(unit_name text, pool_name text) returns boolean
language plpgsql ${PINNED}
as $$
declare
  ${COMMITS_AT_ONCE}
begin
  if not exists (select from pg_catalog.pg_namespace n where n.nspname = unit_name) then
    delete from with_test_db.unit u where u.name = unit_name;
    -- it may have been taken back before, and the answer was lost
    return exists (select from with_test_db.unit u where u.name = pool_name);
  end if;
  execute pg_catalog.format('alter schema %I rename to %I', unit_name, pool_name);
  update with_test_db.unit set name = pool_name, state = 'returned' where name = unit_name;
  return found;
end $$;

-- Proves a unit that was taken back pristine, or makes it so, and then it waits for its next user. Anything unsure is
-- dropped. Returns 'pooled', 'busy' where somebody is still in it, or why it was dropped.
create function with_test_db.pool_unit(pool_name text, old_name text, pool_limit integer) returns text
language plpgsql ${PINNED}
as $$
declare
  unit with_test_db.unit;
  reason text;
  patience integer := 40;
  ${COMMITS_AT_ONCE}
begin
  select * into unit from with_test_db.unit u where u.name = pool_name and u.state = 'returned' for update;
  if not found then return 'somebody else took it'; end if;
  while with_test_db.unit_is_busy(pool_name, old_name) loop
    if patience = 0 then return 'busy'; end if;
    patience := patience - 1;
    perform pg_catalog.pg_sleep(0.005);
    perform pg_catalog.pg_stat_clear_snapshot();
  end loop;
  if (select count(*) from with_test_db.unit u where u.fingerprint = unit.fingerprint and u.state = 'free') >= pool_limit then
    reason := 'the pool is full';
  elsif exists (select from pg_catalog.pg_largeobject_metadata m
                 where pg_catalog.age(m.xmin) <= pg_catalog.age(unit.claim_xid)) then
    reason := 'large objects were made meanwhile';
  else
    begin
      reason := with_test_db.restore_unit(pool_name);
    exception when others then
      reason := sqlerrm;
    end;
  end if;
  if reason is not null then
    perform with_test_db.drop_unit(pool_name);
    return reason;
  end if;
  update with_test_db.unit set state = 'free', freed_at = pg_catalog.now(), holder = 0 where name = pool_name;
  update with_test_db.blueprint set used_at = pg_catalog.now()
   where fingerprint = unit.fingerprint and used_at < pg_catalog.now() - interval '1 minute';
  return 'pooled';
end $$;

-- Brings a unit in use back to pristine, under its name; after DDL by making it anew. Returns how.
create function with_test_db.reset_unit(unit_name text) returns text
language plpgsql ${PINNED}
as $$
declare
  unit with_test_db.unit;
  caches_values boolean;
  patience integer := 40;
begin
  select * into strict unit from with_test_db.unit u where u.name = unit_name;
  select (b.pristine ->> 'caches_values')::boolean into caches_values from with_test_db.blueprint b where b.fingerprint = unit.fingerprint;
  while with_test_db.unit_is_locked(unit_name) loop
    if patience = 0 then
      raise exception 'a transaction is still open in %', unit_name using errcode = 'lock_not_available';
    end if;
    patience := patience - 1;
    perform pg_catalog.pg_sleep(0.005);
    perform pg_catalog.pg_stat_clear_snapshot();
  end loop;
  begin
    -- values of a sequence that its user's sessions keep to themselves are out of our reach: the sequence has to be another
    if not caches_values and with_test_db.restore_unit(unit_name) is null then return 'restored'; end if;
  exception
    when lock_not_available then raise;
    when others then null; -- whatever can't be restored is made anew
  end;
  if pg_catalog.has_parameter_privilege('session_replication_role', 'SET') then
    perform pg_catalog.set_config('session_replication_role', 'origin', true);
  end if;
  perform with_test_db.drop_unit(unit_name);
  perform with_test_db.create_unit(unit_name, unit.fingerprint, unit.holder);
  return 'made anew';
end $$;
`;
