/** How units are made, handed out and dropped: functions on the server. */
import { COMMITS_AT_ONCE, PINNED, QUIETLY } from "./function-settings.ts";

export const UNIT_FUNCTIONS: string = `
-- Types with their arrays, as drivers want to know them: "oid:oid oid:oid". Of a schema, by index, since pg_type may be large.
create function with_test_db.array_types(schema_name text) returns text
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
as $$
  select coalesce(string_agg(t.oid || ':' || t.typarray, ' '), '')
    from pg_namespace n
    join pg_depend d on d.refclassid = 'pg_namespace'::regclass and d.refobjid = n.oid
     and d.classid in ('pg_class'::regclass, 'pg_type'::regclass)
    join pg_type t on t.oid = case d.classid when 'pg_type'::regclass then d.objid
                                   else (select c.reltype from pg_class c where c.oid = d.objid) end
   where n.nspname = schema_name and t.typarray <> 0
$$;

-- The same of Postgres itself; nobody makes arrays of the rows of its catalogs.
create function with_test_db.built_in_types() returns text
language sql stable
set search_path to pg_catalog, pg_temp
set enable_seqscan to off
as $$
  select string_agg(t.oid || ':' || t.typarray, ' ') from pg_type t join pg_type a on a.oid = t.typarray
   where t.oid < 16384 and t.typtype <> 'c' and a.typcategory = 'A'
$$;

-- Records a schema that is as the origin is.
create function with_test_db.record_unit(unit_name text, unit_state text, unit_holder integer, unit_held_by text) returns void
language sql ${PINNED}
as $$
  insert into with_test_db.unit (name, state, holder, held_by, build_xid, tables, sequences, array_types, freed_at)
    select unit_name, unit_state, unit_holder, unit_held_by, n.xmin, coalesce(c.tables, '{}'), coalesce(c.sequences, '{}'),
           with_test_db.array_types(unit_name), pg_catalog.now()
      from pg_catalog.pg_namespace n,
           lateral (select pg_catalog.array_agg(c.oid order by c.relname) filter (where c.relkind = 'r') as tables,
                           pg_catalog.array_agg(c.oid order by c.relname) filter (where c.relkind = 'S') as sequences
                      from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'S')) c
     where n.nspname = unit_name
$$;

-- Makes a schema that is as the origin is. The origin's name occurs in the replay only where the schema is meant, and a
-- unit's name needs no quoting anywhere, so replacing text is exact.
create function with_test_db.create_unit(unit_name text, unit_state text, unit_holder integer, unit_held_by text) returns void
language plpgsql ${PINNED}
as $$
declare
  home record;
  ${QUIETLY}
begin
  select h.replay, h.origin into strict home from with_test_db.home h;
  execute pg_catalog.format('create schema %I', unit_name);
  execute pg_catalog.replace(home.replay, home.origin, unit_name);
  perform with_test_db.record_unit(unit_name, unit_state, unit_holder, unit_held_by);
end $$;

-- Hands out a unit under its name: a free one, else a new one. Returns how: 'reused', 'created'; 'database' where it is
-- one, 'none' where no database is free; or, having done nothing, 'unknown' where something of the home has to be built again, and
-- 'refused' where it has no schemas, and only a schema will do; a null asks for a schema all the same.
create function with_test_db.lease(
  unit_name text, unit_holder integer, unit_held_by text, may_reuse boolean, may_be_database boolean,
  out how text, out array_types text, out reasons text[], out sweep_is_due boolean)
language plpgsql ${PINNED}
as $$
declare
  home record;
  has_waited boolean := false;
  ${QUIETLY}
  ${COMMITS_AT_ONCE}
begin
  for attempt in 1 .. 3 loop
    -- in one query, since each costs a new session its planning
    select case when may_be_database is null then 'schema' else h.isolation end as isolation,
           h.reasons, h.template, h.origin, h.built_in_types, h.bound_functions,
           h.replay is not null as may_create, exists (select from with_test_db.stray) as has_strays,
           h.isolation = 'schema' and not h.notices_ddl and h.surroundings <> with_test_db.surroundings() as is_changed,
           h.swept_at < pg_catalog.now() - interval '30 seconds' as sweep_is_due,
           h.used_at < pg_catalog.now() - interval '1 minute' as is_stale,
           free.name as free_name, free.array_types
      into home
      from with_test_db.home h join pg_catalog.pg_database d on d.oid = h.database
           left join lateral (
             select u.name, u.array_types from with_test_db.unit u
              where may_reuse and u.state = 'free'
                and u.isolation = case when may_be_database is null then 'schema' else h.isolation end
              order by u.freed_at desc limit 1 for update skip locked) free on true
     where d.datname = pg_catalog.current_database()
       and h.server_major = pg_catalog.current_setting('server_version_num')::integer / 10000;
    if not found then
      raise exception 'with_test_db: % is no home', pg_catalog.current_database() using errcode = 'undefined_table';
    end if;
    if attempt = 1 and (home.has_strays or home.is_changed) then
      perform with_test_db.drop_strays();
      if home.is_changed then perform with_test_db.refuse_schemas(); end if;
      continue;
    end if;
    exit when home.free_name is not null or not may_reuse or home.isolation = 'database' or has_waited;
    perform with_test_db.await_proof();
    has_waited := true;
  end loop;
  reasons := home.reasons;
  array_types := home.array_types;
  sweep_is_due := home.sweep_is_due;
  how := 'unknown';
  if home.isolation = 'database' and not may_be_database then
    how := 'refused';
    return;
  elsif home.isolation = 'database' and home.template is null then
    return;
  end if;
  if home.is_stale then update with_test_db.home set used_at = pg_catalog.now(); end if;
  if home.free_name is not null then
    update with_test_db.unit u set name = unit_name, state = 'leased', holder = unit_holder, held_by = unit_held_by, leased_at = pg_catalog.now()
     where u.name = home.free_name;
  end if;
  if home.isolation = 'database' then
    how := case when home.free_name is null then 'none' else 'database' end;
    begin
      if how = 'database' then execute pg_catalog.format('alter database %I rename to %I', home.free_name, unit_name); end if;
    exception when object_in_use or invalid_catalog_name then
      -- somebody looks into it, or dropped it: a sweep takes it
      update with_test_db.unit set name = home.free_name, state = 'returned', holder = 0, held_by = null, leased_at = '-infinity' where name = unit_name;
      how := 'none';
    end;
    return;
  end if;
  if home.free_name is not null then
    how := 'reused';
    begin
      execute pg_catalog.format('alter schema %I rename to %I', home.free_name, unit_name);
      -- text does not follow the rename
      if home.bound_functions <> '' then execute pg_catalog.replace(home.bound_functions, home.origin, unit_name); end if;
    exception when invalid_schema_name then
      -- somebody dropped it
      delete from with_test_db.unit u where u.name = unit_name;
      home.free_name := null;
    end;
  end if;
  if home.free_name is null then
    how := 'unknown';
    if not home.may_create then return; end if;
    begin
      perform with_test_db.create_unit(unit_name, 'leased', unit_holder, unit_held_by);
      select u.array_types into array_types from with_test_db.unit u where u.name = unit_name;
      how := 'created';
    exception when integrity_constraint_violation or data_exception then
      -- what could be made when the migrations ran can't be made any more, as with a check bound to time: they run again
      update with_test_db.home set replay = null;
    end;
  end if;
  array_types := home.built_in_types || ' ' || array_types;
end $$;

-- Drops a schema and its record, with whatever a test made in it. Returns whether the schema was still there.
create function with_test_db.drop_unit(unit_name text) returns boolean
language plpgsql ${PINNED}
as $$
declare
  found_schema boolean;
  ${QUIETLY}
begin
  if not exists (select from with_test_db.unit u where u.name = unit_name) then
    raise exception 'with_test_db has no record of %', unit_name using errcode = 'undefined_object';
  end if;
  found_schema := exists (select from pg_catalog.pg_namespace n where n.nspname = unit_name);
  if found_schema then execute pg_catalog.format('drop schema %I cascade', unit_name); end if;
  delete from with_test_db.changed c using with_test_db.unit u where u.name = unit_name and c.unit = u.id;
  delete from with_test_db.unit u where u.name = unit_name;
  return found_schema;
end $$;

-- Drops a schema that is left behind: its record is read again under its lock, its holder's lock is free, nobody is in it,
-- and it is old enough. Free units go when nobody has wanted them for a while. Returns whether it did, or would have.
create function with_test_db.sweep_unit(unit_name text, lock_class integer, min_age interval, free_age interval, dry boolean)
returns boolean
language plpgsql ${PINNED}
as $$
declare
  unit with_test_db.unit;
begin
  select * into unit from with_test_db.unit u where u.name = unit_name and u.isolation = 'schema' for update skip locked;
  if not found then return false; end if;
  if unit.state = 'kept' then
    if free_age > interval '0' and coalesce(unit.kept_until > pg_catalog.now(), true) then return false; end if;
  elsif unit.state = 'free' and exists (select from pg_catalog.pg_namespace n where n.nspname = unit_name) then
    if unit.freed_at > pg_catalog.now() - free_age then return false; end if;
  else
    if free_age > interval '0' and unit.kept_until is not null then return false; end if;
    if unit.leased_at > pg_catalog.now() - min_age then return false; end if;
    if not pg_catalog.pg_try_advisory_xact_lock(lock_class, unit.holder) then return false; end if;
  end if;
  if with_test_db.unit_is_busy(unit_name) then return false; end if;
  if dry then return true; end if;
  if exists (select from with_test_db.stray s where unit.id = any (s.makers)) then
    -- what leans on it from outside goes first
    update with_test_db.unit u set state = 'returned' where u.name = unit_name;
    perform with_test_db.drop_strays();
    if exists (select from with_test_db.stray s where unit.id = any (s.makers)) then return false; end if;
  end if;
  if exists (select from with_test_db.unit u where u.name = unit_name) then perform with_test_db.drop_unit(unit_name); end if;
  return true;
end $$;
`;
