/** How DDL is noticed when it happens: functions on the server, called by event triggers. */
import { FIRST_USER_OID } from "../catalog/expressions.ts";
import { QUIETLY } from "./function-settings.ts";

/** Whether our own functions are at it, as with every lease: what fires then has to be small, since each session plans it anew. */
const IS_OURS = "current_setting('with_test_db.quiet', true) = 'on'";

export const DDL_FUNCTIONS: string = `
-- The unit in which an object is: its name is in the object's schema or, of what has none, such as a trigger, in its address.
create function with_test_db.unit_of(schema_name text, address text[]) returns text
language sql
set search_path to pg_catalog, pg_temp
as $$
  select u.name from with_test_db.unit u where u.name = schema_name or u.name = any (address) limit 1
$$;

-- Says that units are not as they were: those in which something changed, and the unit of the session. A session that is
-- nobody's may mean any of them. Returns the unit of the session, or all.
create function with_test_db.mark_changed(place text) returns integer[]
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  marked integer[];
  mine integer[];
begin
  select array_agg(u.id) into mine from with_test_db.unit u
   where u.name = current_setting('application_name') and u.state in ('leased', 'kept');
  select array_agg(u.id) into marked from with_test_db.unit u where u.name = place;
  if mine is null and marked is null then
    select coalesce(array_agg(u.id), '{}') into mine from with_test_db.unit u where u.state in ('leased', 'kept');
  end if;
  -- until this transaction ends, no proof of these units can begin
  perform pg_advisory_xact_lock_shared(hashtext('with_test_db.changed'), id) from unnest(mine || marked) id;
  insert into with_test_db.changed select distinct id from unnest(mine || marked) id
   where not exists (select from with_test_db.changed c where c.unit = id);
  return mine;
end $$;

-- From now on, units are databases.
create function with_test_db.refuse_schemas(reason text default 'a test changed settings, grants on public, default privileges or event triggers of the database, or made something outside of its unit')
returns void
language sql
set search_path to pg_catalog, pg_temp
as $$
  update with_test_db.home set isolation = 'database', reasons = reasons || reason where isolation = 'schema'
$$;

-- What all units have in common, where no trigger tells of its changes: as far as a role can change it that owns the database.
create function with_test_db.outside() returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select concat_ws(' ',
    (select string_agg(n.nspname, ' ' order by n.nspname) from pg_namespace n
      where n.nspname !~ '^pg_' and not exists (select from with_test_db.unit u where u.name = n.nspname)),
    (select count(*) from pg_depend d where d.refclassid = 'pg_namespace'::regclass and d.refobjid = to_regnamespace('public')),
    (select string_agg(concat_ws(' ', e.extname, e.extversion, e.extnamespace), ' ' order by e.extname) from pg_extension e),
    -- a range brings its own cast
    (select count(*) from pg_cast c where not exists (
      select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'i')),
    (select count(*) from pg_publication), (select count(*) from pg_language),
    (select count(*) from pg_foreign_data_wrapper), (select count(*) from pg_foreign_server), (select count(*) from pg_user_mappings),
    (select count(*) from pg_transform))
$$;

-- What no trigger tells of, and all units have in common.
create function with_test_db.surroundings() returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select concat_ws(' ',
    (select string_agg(concat_ws(' ', s.setrole, s.setconfig), ' ' order by s.setrole) from pg_db_role_setting s
      where s.setdatabase = (select h.database from with_test_db.home h)),
    (select string_agg(concat_ws(' ', a.defaclrole, a.defaclobjtype, a.defaclacl), ' ' order by a.oid) from pg_default_acl a where a.defaclnamespace = 0),
    (select string_agg(concat_ws(' ', e.oid, e.evtenabled), ' ' order by e.oid) from pg_event_trigger e),
    (select n.nspacl from pg_namespace n where n.nspname = 'public'),
    (select with_test_db.outside() from with_test_db.home h where not h.notices_ddl))
$$;

-- Objects outside of units that CREATE OR REPLACE may replace.
create function with_test_db.common() returns oid[]
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select coalesce(array_agg(o.oid), '{}') from (
    select p.oid from pg_proc p union all select c.oid from pg_class c where c.relkind = 'v' union all select r.oid from pg_rewrite r
    union all select t.oid from pg_trigger t union all select l.oid from pg_language l union all select f.oid from pg_transform f) o
   where o.oid >= ${FIRST_USER_OID}
$$;

-- Grants on what all units have in common, as a number.
create function with_test_db.common_grants() returns numeric
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select coalesce(sum(hashtextextended(concat_ws(' ', g.catalog, g.oid, g.acl), 0)), 0) from (
    select 'schema' as catalog, n.oid, n.nspacl::text as acl, n.oid as ns from pg_namespace n
    union all select 'relation', c.oid, concat(c.relacl, (select string_agg(a.attacl::text, ' ' order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attacl is not null)),
                     c.relnamespace from pg_class c where c.relkind in ('r', 'v', 'm', 'S', 'p', 'f')
    union all select 'routine', p.oid, p.proacl::text, p.pronamespace from pg_proc p
    union all select 'type', t.oid, t.typacl::text, t.typnamespace from pg_type t
    union all select 'language', l.oid, l.lanacl::text, 0 from pg_language l
    union all select 'default', a.oid, a.defaclacl::text, a.defaclnamespace from pg_default_acl a) g
   where g.acl <> '' and not exists (select from pg_namespace n join with_test_db.unit u on u.name = n.nspname where n.oid = g.ns)
     and not exists (select from with_test_db.stray s where s.object in (g.oid, g.ns))
$$;

create function with_test_db.note_ddl(tag text) returns void
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  object record;
  place text;
  makers integer[];
  common oid[];
begin
  select h.common into common from with_test_db.home h;
  for object in
    select c.classid, c.objid, c.command_tag, c.object_type, c.schema_name, c.object_identity,
           (pg_identify_object_as_address(c.classid, c.objid, c.objsubid)).object_names as names
      from pg_event_trigger_ddl_commands() c where not c.in_extension
  loop
    continue when object.schema_name in ('pg_temp', 'pg_toast');
    place := with_test_db.unit_of(object.schema_name, object.names);
    makers := with_test_db.mark_changed(place);
    continue when object.object_identity is null or place is not null
      or exists (select from with_test_db.stray s where s.class = object.classid and s.object = object.objid);
    -- a unit's own schema under another name is nobody else's, either; CREATE OR REPLACE may have found what is there for all
    if object.objid <> all (common) and object.command_tag ~ '^(CREATE|SELECT|IMPORT)' or object.object_type = 'schema' and exists (
         select from with_test_db.unit u where u.id = any (makers) and u.isolation = 'schema' and to_regnamespace(u.name) is null) then
      insert into with_test_db.stray values (object.classid, object.objid, object.object_type, makers);
    else
      perform with_test_db.refuse_schemas(format('a test changed the %s %s, which all units have in common', object.object_type, object.object_identity));
    end if;
  end loop;
  if not found and tag !~ '^DROP' then perform with_test_db.mark_changed(null); end if;
  -- these name no objects; the first revokes whatever a role may do in the database
  if tag = 'DROP OWNED'
     or tag in ('GRANT', 'REVOKE', 'ALTER DEFAULT PRIVILEGES') and (select h.common_grants <> with_test_db.common_grants() from with_test_db.home h) then
    perform with_test_db.refuse_schemas(format('a test ran %s on what all units have in common', tag));
  end if;
end $$;

create function with_test_db.note_drops() returns void
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  object record;
  place text;
begin
  for object in select * from pg_event_trigger_dropped_objects() loop
    continue when object.is_temporary or object.schema_name in ('pg_temp', 'pg_toast');
    place := with_test_db.unit_of(object.schema_name, object.address_names);
    perform with_test_db.mark_changed(place);
    delete from with_test_db.stray s where s.class = object.classid and s.object = object.objid;
    continue when found or not object.original or place is not null
      -- an extension's own script may drop what it made; members can't be dropped by themselves
      or object.object_type not in ('extension', 'schema')
         and exists (select from pg_extension e where age(e.xmin) <= age(pg_current_xact_id()::xid));
    perform with_test_db.refuse_schemas(format('a test dropped the %s %s, which all units have in common', object.object_type, object.object_identity));
  end loop;
end $$;

-- Their owner's rights, since a role of the application may do DDL.
create function with_test_db.on_ddl() returns event_trigger
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$ begin if ${IS_OURS} then return; end if; perform with_test_db.note_ddl(tg_tag); end $$;

create function with_test_db.on_drop() returns event_trigger
language plpgsql security definer
set search_path to pg_catalog, pg_temp
as $$ begin if ${IS_OURS} then return; end if; perform with_test_db.note_drops(); end $$;

-- Schemas have one journal of migrations in common: what a test wrote there, all others would take for theirs.
create function with_test_db.refuse_journal() returns trigger
language plpgsql
as $$
begin
  raise exception 'the journal of migrations is common to all units that are schemas'
    using errcode = 'object_not_in_prerequisite_state',
          hint = 'a test that migrates needs a database of its own: withTestDb({ isolation: "database" })';
end $$;

create function with_test_db.guard_journal() returns void
language plpgsql
as $$
begin
  if to_regclass('drizzle.__drizzle_migrations') is null then return; end if;
  create trigger with_test_db before insert or update or delete or truncate on drizzle.__drizzle_migrations
    for each statement execute function with_test_db.refuse_journal();
  alter table drizzle.__drizzle_migrations enable always trigger with_test_db;
end $$;

-- Drops what tests made outside of units that are given up, and then these units. What can't be dropped makes units databases.
create function with_test_db.drop_strays() returns void
language plpgsql
set search_path to pg_catalog, pg_temp
set client_min_messages to warning
set lock_timeout to '2s'
as $$
declare
  stray record;
  -- it may have got another name since
  current_identity text;
  given_up integer[] := '{}';
  ${QUIETLY}
begin
  -- twice: what can't be dropped by itself may be gone with the next one
  for attempt in 1 .. 2 loop
    for stray in
      select s.* from with_test_db.stray s
       where not exists (select from with_test_db.unit u where u.id = any (s.makers)
                          -- what was kept after a failure must not be in the way of the next run
                          and (u.state = 'leased' or u.state = 'kept' and u.kept_until is null))
       for update skip locked
    loop
      begin
        current_identity := (pg_identify_object(stray.class, stray.object, 0)).identity;
        if current_identity is not null then
          execute format('drop %s if exists %s cascade', case stray.kind
            when 'composite type' then 'type' when 'statistics object' then 'statistics'
            when 'foreign-data wrapper' then 'foreign data wrapper' else stray.kind end,
            case stray.kind when 'transform' then replace(current_identity, ' on language ', ' language ') else current_identity end);
        end if;
      exception
        when lock_not_available then continue;
        when others then
          continue when attempt = 1;
          perform with_test_db.refuse_schemas(format('a test made the %s %s outside of its unit: %s', stray.kind, current_identity, sqlerrm));
      end;
      delete from with_test_db.stray s where s.class = stray.class and s.object = stray.object;
      given_up := given_up || stray.makers;
    end loop;
  end loop;
  perform with_test_db.drop_unit(u.name)
     from (select u.name from with_test_db.unit u
            where u.id = any (given_up) and u.state = 'returned' and not exists (select from with_test_db.stray s where u.id = any (s.makers))
              for update skip locked) u;
end $$;
`;

/** Needs a superuser, or what a provider gives in its place. */
export const DDL_TRIGGERS: string = `
create event trigger with_test_db_ddl on ddl_command_end execute function with_test_db.on_ddl();
create event trigger with_test_db_drop on sql_drop execute function with_test_db.on_drop();
alter event trigger with_test_db_ddl enable always;
alter event trigger with_test_db_drop enable always;
update with_test_db.home set notices_ddl = true;`;
