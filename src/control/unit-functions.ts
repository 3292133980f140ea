/** How units are made, handed out and dropped: functions on the server. */
import { EXTENSION_SCHEMA } from "./extension-schema.ts";
import { COMMITS_AT_ONCE, PINNED } from "./function-settings.ts";

export const UNIT_FUNCTIONS: string = `
-- What of a server and a database changes what migrations make: its major version, and the extensions it brings along.
create function with_test_db.environment() returns text
language plpgsql stable
set search_path to pg_catalog, pg_temp
as $$
declare
  extensions text;
begin
  -- every lease asks, and plans this anew after each rename of a schema
  if exists (select from pg_extension where extname <> 'plpgsql') then
    select string_agg(concat_ws(' ', e.extname, e.extversion, n.nspname), ',' order by e.extname) into extensions
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname <> 'plpgsql' and n.nspname <> '${EXTENSION_SCHEMA}'
       -- one that a test created in its unit is nobody else's
       and n.nspname not in (select u.name from with_test_db.unit u);
  end if;
  -- no md5(): the first one of a session loads OpenSSL, which takes a tenth of a first lease
  return left(lpad(to_hex(hashtextextended(concat_ws(' ', current_setting('server_version_num')::integer / 10000, extensions), 0)), 16, '0'), 12);
end $$;

-- Which of the schemas hold anything but members of extensions. A unit has them in its search_path: what it lacks must
-- not be found there in somebody's real tables.
create function with_test_db.crowded_schemas(schemas text[]) returns text[]
language sql stable
set search_path to pg_catalog, pg_temp
set jit to off
as $$
  select coalesce(array_agg(n.nspname::text order by n.nspname), '{}') from pg_namespace n
   where n.nspname = any (schemas) and n.nspname <> '${EXTENSION_SCHEMA}'
     and (exists (select from pg_class c where c.relnamespace = n.oid and c.relkind <> 'i' and not exists
            (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'i')))
       or exists (select from pg_proc p where p.pronamespace = n.oid and not exists
            (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')))
$$;

-- Replays a blueprint's snapshot under the unit's name. The snapshot was retargeted to a marker that occurs nowhere
-- else in it, and a unit's name needs no quoting anywhere, so replacing text is exact.
create function with_test_db.create_unit(unit_name text, blueprint_key text, unit_holder integer) returns void
language plpgsql ${PINNED}
as $$
declare
  source with_test_db.blueprint;
begin
  select * into strict source from with_test_db.blueprint b where b.fingerprint = blueprint_key and b.replay is not null;
  insert into with_test_db.unit (name, isolation, fingerprint, holder, build_xid, claim_xid)
    values (unit_name, 'schema', blueprint_key, unit_holder, pg_catalog.pg_current_xact_id()::pg_catalog.xid,
            pg_catalog.pg_current_xact_id()::pg_catalog.xid);
  execute pg_catalog.format('create schema %I', unit_name);
  execute pg_catalog.replace(source.replay, source.marker, unit_name);
  update with_test_db.blueprint set used_at = pg_catalog.now() where fingerprint = blueprint_key;
end $$;

-- Types with their arrays, as drivers want to know them: "oid:oid oid:oid". Of some schemas, by index, since pg_type may be large.
create function with_test_db.array_types(schemas text[]) returns text
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
   where n.nspname = any (schemas) and t.typarray <> 0
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

-- Hands out a unit: a free one under its new name, else a new one. Functions whose text holds the schema's name are made
-- again with the new one; all else in a schema follows its rename by itself.
--
-- Returns how it came about ('reused', 'created'), the schemas that follow the unit in the search_path, the array types of
-- all of them and of Postgres itself, and whether no process has looked for a while what dead ones have left. Or, having
-- done nothing, 'unknown' where there is no such blueprint, another database than the target, or another version's control
-- schema; and 'refused' where a schema can't hold what the blueprint holds.
create function with_test_db.lease_unit(
  unit_name text, recipe_key text, unit_holder integer, may_reuse boolean, target_database text, control_format text,
  out how text, out extension_schemas text[], out array_types text, out sweep_is_due boolean)
language plpgsql ${PINNED}
as $$
declare
  key constant text := recipe_key || '_' || with_test_db.environment();
  ${COMMITS_AT_ONCE}
  free_name text;
  source record;
  crowded text[];
begin
  how := 'unknown';
  if pg_catalog.current_database() <> target_database then return; end if;
  -- in one query, since each costs a new session its planning
  select b.fingerprint, b.obstacles <> '{}' as refused, b.extension_schemas, b.marker, b.bound_functions,
         b.pristine is not null as is_measured, s.last < pg_catalog.now() - interval '30 seconds' as sweep_is_due,
         case when f.server = pg_catalog.current_setting('server_version_num') then f.built_in_types end as built_in_types
    into source
    from with_test_db.blueprint b, with_test_db.format f, with_test_db.sweep s
   where b.fingerprint = key and b.state = 'ready' and b.checked and f.version = control_format;
  if not found then return; end if;
  if source.refused then
    how := 'refused';
    return;
  end if;
  extension_schemas := source.extension_schemas;
  if extension_schemas <> '{}' and extension_schemas <> '{${EXTENSION_SCHEMA}}' then
    -- what was alone when the blueprint was made may have got company
    crowded := with_test_db.crowded_schemas(extension_schemas);
    if crowded <> '{}' then
      update with_test_db.blueprint b set obstacles = array[pg_catalog.format('the target''s %s holds extensions and other things beside them', pg_catalog.array_to_string(crowded, ', '))] where b.fingerprint = source.fingerprint;
      how := 'refused';
      return;
    end if;
  end if;
  if may_reuse and source.is_measured then
    -- materialized: asked for a second time, it would find another one
    with free as materialized (
      select f.name, pg_catalog.to_regnamespace(f.name)::pg_catalog.oid as place
        from with_test_db.unit f
       where f.fingerprint = source.fingerprint and f.state = 'free' and f.isolation = 'schema'
         and pg_catalog.to_regnamespace(f.name) is not null
       order by f.freed_at desc limit 1 for update skip locked
    )
    update with_test_db.unit u
       set name = unit_name, state = 'leased', holder = unit_holder, leased_at = pg_catalog.now(),
           claim_xid = pg_catalog.pg_current_xact_id()::pg_catalog.xid, place = free.place,
           array_types = case when free.place = u.place then u.array_types
                              else with_test_db.array_types(array[free.name]) end
      from free
     where u.name = free.name
     returning free.name, u.array_types into free_name, array_types;
  end if;
  if free_name is null then
    perform with_test_db.create_unit(unit_name, source.fingerprint, unit_holder);
    array_types := with_test_db.array_types(array[unit_name]);
    how := 'created';
  else
    execute pg_catalog.format('alter schema %I rename to %I', free_name, unit_name);
    if source.bound_functions <> '' then
      execute pg_catalog.replace(source.bound_functions, source.marker, unit_name);
    end if;
    how := 'reused';
  end if;
  if extension_schemas <> '{}' then
    array_types := array_types || ' ' || with_test_db.array_types(extension_schemas);
  end if;
  array_types := coalesce(source.built_in_types, with_test_db.built_in_types()) || ' ' || array_types;
  sweep_is_due := source.sweep_is_due;
end $$;

-- Drops a unit's schema and record. An extension that the tests created inside it is moved out first: dropping the
-- schema would take it away from everybody. Returns whether the schema was still there.
create function with_test_db.drop_unit(unit_name text) returns boolean
language plpgsql ${PINNED}
as $$
declare
  found_schema boolean;
  extension_name text;
begin
  if not exists (select from with_test_db.unit u where u.name = unit_name and u.isolation = 'schema') then
    raise exception 'with_test_db has no record of %', unit_name using errcode = 'undefined_object';
  end if;
  found_schema := exists (select from pg_catalog.pg_namespace n where n.nspname = unit_name);
  if found_schema then
    for extension_name in
      select e.extname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
      where n.nspname = unit_name
    loop
      execute pg_catalog.format('create schema if not exists ${EXTENSION_SCHEMA}');
      execute pg_catalog.format('alter extension %I set schema ${EXTENSION_SCHEMA}', extension_name);
    end loop;
    execute pg_catalog.format('drop schema %I cascade', unit_name);
  end if;
  delete from with_test_db.unit u where u.name = unit_name;
  return found_schema;
end $$;

-- Drops a unit that is a schema, if it is left behind: its record is read again under its lock, its holder's lock is
-- free, nobody is in it, and it is old enough. Free units go when nobody has wanted them for a while.
-- Returns whether it did, or would have.
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
    if free_age > interval '0' then return false; end if;
  elsif unit.state = 'free' and exists (select from pg_catalog.pg_namespace n where n.nspname = unit_name) then
    if unit.freed_at > pg_catalog.now() - free_age then return false; end if;
  else
    if unit.leased_at > pg_catalog.now() - min_age then return false; end if;
    if not pg_catalog.pg_try_advisory_xact_lock(lock_class, unit.holder) then return false; end if;
  end if;
  if with_test_db.unit_is_busy(unit_name, unit_name) then return false; end if;
  if not dry then perform with_test_db.drop_unit(unit_name); end if;
  return true;
end $$;
`;
