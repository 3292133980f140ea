/** How units come back to the pool, or to their user: functions on the server. */
import { COMMITS_AT_ONCE, PINNED, QUIETLY } from "./function-settings.ts";

export const POOL_FUNCTIONS: string = `
-- Whether somebody else has a transaction open in a unit: one that changed its catalog, or that holds a lock on it or in it.
create function with_test_db.unit_is_locked(unit_name text) returns boolean
language sql volatile
set search_path to pg_catalog, pg_temp
set jit to off
as $$
  select not pg_try_advisory_xact_lock(hashtext('with_test_db.changed'), u.id) or exists (
    select from pg_lock_status() l
     where l.database = (select h.database from with_test_db.home h) and l.pid is distinct from pg_backend_pid()
       and (l.relation = any (u.tables || u.sequences) or l.classid = 'pg_namespace'::regclass and l.objid = to_regnamespace(unit_name))
       -- a prepared transaction has no process; autovacuum has no user, and what else a process is only its own user may see
       and (l.pid is null or exists (select from pg_stat_get_activity(l.pid) a where a.usesysid is not null)))
    from with_test_db.unit u where u.name = unit_name
$$;

-- Whether somebody else is in a unit: a session that bears its name, or one with a transaction in it.
create function with_test_db.unit_is_busy(unit_name text) returns boolean
language sql volatile
set search_path to pg_catalog, pg_temp
as $$
  select exists (select from pg_stat_activity where application_name = unit_name and pid <> pg_backend_pid() and datname in (current_database(), unit_name))
      or with_test_db.unit_is_locked(unit_name)
$$;

-- Waits a fifth of a second for open transactions. Returns whether there are none.
create function with_test_db.wait_for_transactions(unit_name text) returns boolean
language plpgsql
as $$
begin
  for attempt in 1..40 loop
    if not with_test_db.unit_is_locked(unit_name) then return true; end if;
    perform pg_catalog.pg_sleep(0.005);
    perform pg_catalog.pg_stat_clear_snapshot();
  end loop;
  return false;
end $$;

-- Takes a unit back: renames it at once, so that a straggler of its last user that writes to the old name fails.
-- Returns whether it was still there.
create function with_test_db.take_back(unit_name text, pool_name text) returns boolean
language plpgsql ${PINNED}
as $$
declare
  ${COMMITS_AT_ONCE}
  ${QUIETLY}
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

-- Keeps a unit that somebody asked to keep while a test had it. Returns whether somebody did.
create function with_test_db.keep_if_asked(unit_name text) returns boolean
language plpgsql ${PINNED}
as $$
begin
  update with_test_db.unit set state = 'kept', holder = 0, kept_until = null
   where name = unit_name and state = 'leased' and kept_until is not null
     and (exists (select from pg_catalog.pg_namespace n where n.nspname = unit_name) or exists (select from pg_catalog.pg_database d where d.datname = unit_name));
  return found;
end $$;

-- Takes a unit back that its user gives up; or keeps it, where somebody asked for that.
create function with_test_db.give_up(unit_name text, pool_name text) returns boolean
language plpgsql ${PINNED}
as $$
declare
  ${COMMITS_AT_ONCE}
begin
  return with_test_db.keep_if_asked(unit_name) or with_test_db.take_back(unit_name, pool_name);
end $$;

-- Proves a schema that was taken back pristine, or makes it so, and then it waits for its next user. Anything unsure is
-- dropped, and where nothing is free, another one is made ahead of need. Returns 'pooled', 'busy' where somebody is still
-- in it, or why it was dropped.
create function with_test_db.prove(pool_name text, pool_limit integer) returns text
language plpgsql ${PINNED}
as $$
declare
  unit_id integer;
  home record;
  reason text;
  ${COMMITS_AT_ONCE}
begin
  select u.id into unit_id from with_test_db.unit u where u.name = pool_name and u.state = 'returned' for update;
  if not found then return 'somebody else took it'; end if;
  if not with_test_db.wait_for_transactions(pool_name) then return 'busy'; end if;
  -- in one query, since each costs a new session its planning
  select h.isolation, h.can_restore, h.notices_ddl, h.surroundings,
         exists (select from with_test_db.changed c where c.unit = unit_id) as catalog_changed,
         exists (select from pg_catalog.pg_largeobject_metadata) as has_large_objects,
         (select count(*) from with_test_db.unit u where u.state = 'free' and u.isolation = 'schema') >= pool_limit as is_full
    into home from with_test_db.home h;
  if home.has_large_objects then
    perform pg_catalog.lo_unlink(m.oid) from pg_catalog.pg_largeobject_metadata m
     where not exists (select from with_test_db.unit u where u.state = 'leased');
  end if;
  reason := case
    when home.isolation = 'database' then 'units are databases by now'
    when home.catalog_changed then 'its catalog was changed'
    when not home.notices_ddl then 'without a superuser nobody notices changes of its catalog'
    when not home.can_restore then 'unlogged tables have rows of the migrations'
    when home.has_large_objects then 'large objects were made'
    when home.is_full then 'the pool is full' end;
  if reason is null then
    begin
      reason := with_test_db.restore(unit_id);
    exception when others then
      reason := sqlerrm;
    end;
  end if;
  -- what leans on it from outside goes first, before the next unit is handed out
  if exists (select from with_test_db.stray s where unit_id = any (s.makers)) then return 'something was made outside of it'; end if;
  if reason is not null then perform with_test_db.drop_unit(pool_name); end if;
  -- only now, since what was made in it is gone, too
  if home.isolation = 'schema' and home.surroundings <> with_test_db.surroundings() then
    perform with_test_db.refuse_schemas();
    if reason is null then perform with_test_db.drop_unit(pool_name); end if;
    return 'what all units have in common was changed';
  end if;
  if reason is null then
    update with_test_db.unit set state = 'free', freed_at = pg_catalog.now(), holder = 0, held_by = null where id = unit_id;
    return 'pooled';
  end if;
  if home.isolation = 'schema' and not exists (select from with_test_db.unit u where u.state = 'free' and u.isolation = 'schema') then
    begin
      perform with_test_db.create_unit(pool_name, 'free', 0, null);
    exception when others then null; -- who needs one makes it, and is told
    end;
  end if;
  return reason;
end $$;

-- Where none is free, one may be that is being proven, or is about to be: that takes less time than to make one.
create function with_test_db.await_proof() returns void
language plpgsql
set search_path to pg_catalog, pg_temp
set lock_timeout to '200ms'
as $$
declare
  pool_name text;
begin
  select u.name into pool_name from with_test_db.unit u
   where u.state = 'returned' and u.isolation = 'schema' and not exists (select from with_test_db.changed c where c.unit = u.id)
   order by u.leased_at desc limit 1 for update;
  if found then perform with_test_db.prove(pool_name, 1000); end if;
exception when lock_not_available then null;
end $$;

-- Brings a unit in use back to pristine, under its name; after DDL it is another one. Returns null where it was restored,
-- 'stale' where the migrations have to run again before another one can be made, else the array types of the other one.
-- With a time to keep it, the used one is kept under the other name, and the unit is another one in any case. Where somebody asked to
-- keep the unit, the used one has no such time; else the other one is to be kept when it is given up.
create function with_test_db.reset(unit_name text, pool_name text, kept_for interval default null) returns text
language plpgsql ${PINNED}
as $$
declare
  unit record;
  home record;
  lease record;
begin
  select u.id, u.holder, u.held_by, u.kept_until into strict unit from with_test_db.unit u where u.name = unit_name;
  select h.can_restore and h.notices_ddl and not h.caches_values as can_restore, h.bound_functions, h.origin into home from with_test_db.home h;
  if not with_test_db.wait_for_transactions(unit_name) then
    raise exception 'a transaction is still open in %', unit_name using errcode = 'lock_not_available';
  end if;
  -- values of a sequence that its user's sessions keep to themselves are out of our reach: the sequence has to be another
  if kept_for is null and home.can_restore and not exists (select from with_test_db.changed c where c.unit = unit.id) then
    begin
      if with_test_db.restore(unit.id) is null then return null; end if;
    exception
      when lock_not_available then raise;
      when others then null; -- whatever can't be restored is made anew
    end;
  end if;
  begin
    perform with_test_db.take_back(unit_name, pool_name);
    if kept_for is not null then
      update with_test_db.unit u set state = 'kept', holder = 0, kept_until = case when unit.kept_until is null then pg_catalog.now() + kept_for end
       where u.name = pool_name;
      -- text does not follow the rename
      if home.bound_functions <> '' and not exists (select from with_test_db.changed c where c.unit = unit.id) then
        execute pg_catalog.replace(home.bound_functions, home.origin, pool_name);
      end if;
    end if;
    select l.how, l.array_types into lease from with_test_db.lease(unit_name, unit.holder, unit.held_by, true, null) l;
    if kept_for is null then
      update with_test_db.unit u set kept_until = null where u.name = pool_name and u.kept_until is not null;
      if unit.kept_until is not null then update with_test_db.unit u set kept_until = unit.kept_until where u.name = unit_name; end if;
    end if;
    if lease.how not in ('created', 'reused') then raise exception using errcode = 'no_data_found'; end if;
    return lease.array_types;
  exception when no_data_found then
    update with_test_db.home set replay = null where isolation = 'schema';
    return 'stale';
  end;
end $$;
`;
