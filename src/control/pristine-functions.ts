/** What a pristine unit is, and how one is made pristine again: functions on the server. */
import { PINNED } from "./function-settings.ts";

export const PRISTINE_FUNCTIONS: string = `
-- Everything about a pristine unit that has to be put back or checked: the catalog's shape, how many rows its tables
-- begin with, whether a materialized view is among them, where its sequences stand, whether a session keeps values of them
-- to itself, and whether a trigger or a rule fires whoever writes. Null where a crash of the server would leave less:
-- where the migrations left something in unlogged relations.
create function with_test_db.measure_unit(unit_name text) returns jsonb
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  ns constant oid := to_regnamespace(unit_name);
  relation record;
  row_counts jsonb := '{}';
  positions jsonb := '{}';
  n bigint;
  position record;
begin
  for relation in
    select c.relname, c.relkind, c.relpersistence, c.oid from pg_class c
    where c.relnamespace = ns and c.relkind in ('r', 'm', 'S') and c.relispopulated order by 1
  loop
    if relation.relkind = 'S' then
      execute format('select last_value, is_called from %I.%I', unit_name, relation.relname) into position;
      positions := positions || jsonb_build_object(relation.relname, jsonb_build_array(position.last_value, position.is_called));
      if relation.relpersistence = 'u' and position.is_called then return null; end if;
    elsif pg_relation_size(relation.oid) > 0 or relation.relkind = 'm' then
      execute format('select count(*) from only %I.%I', unit_name, relation.relname) into n;
      row_counts := row_counts || jsonb_build_object(relation.relname, n);
      if relation.relpersistence = 'u' and n > 0 then return null; end if;
    end if;
  end loop;
  return jsonb_build_object(
    'shape', (select s.shape from with_test_db.catalog_state(unit_name, null, null) s),
    'rows', row_counts, 'sequences', positions,
    'caches_values', exists (
      select from pg_sequence q join pg_class c on c.oid = q.seqrelid where c.relnamespace = ns and q.seqcache > 1),
    'always_fires', exists (
      select from pg_class c
       where c.relnamespace = ns
         and (exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled in ('A', 'R'))
           or exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN' and r.ev_enabled in ('A', 'R')))));
end $$;

-- Brings a unit's rows and sequences back to what the migrations left, or says why it can't. The catalog is looked at
-- first: after any DDL the unit is another one. Tables that have no pages were never written to.
create function with_test_db.restore_unit(unit_name text) returns text
language plpgsql ${PINNED}
as $$
declare
  ns constant oid := pg_catalog.to_regnamespace(unit_name);
  unit with_test_db.unit;
  source with_test_db.blueprint;
  state record;
  relation record;
  seed record;
  may_replicate boolean := pg_catalog.has_parameter_privilege('session_replication_role', 'SET');
  emptied text[] := '{}';
  truncated oid[] := '{}';
  total bigint;
  original bigint;
  xids jsonb;
  seeded jsonb;
  written_by text;
begin
  select * into strict unit from with_test_db.unit u where u.name = unit_name;
  select * into strict source from with_test_db.blueprint b where b.fingerprint = unit.fingerprint;
  if source.pristine is null then return 'its blueprint was never measured'; end if;
  select s.* into state from with_test_db.catalog_state(unit_name, unit.build_xid, unit.claim_xid) s;
  if state.strangers > 0 or state.shape <> source.pristine ->> 'shape' then return 'the catalog changed'; end if;
  xids := unit.seed_xids;
  seeded := source.pristine -> 'rows';

  for relation in
    select c.oid, c.relname, c.relkind, f.size, (seeded ->> c.relname::text)::bigint as expected,
           exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.ev_type = '4') as has_rule
      from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.objid
      cross join lateral (select pg_catalog.pg_relation_size(c.oid) as size offset 0) f
     where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
       and d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = ns
       and c.relkind in ('r', 'm') and c.relispopulated
       and (f.size > 0 or seeded ? c.relname::text)
  loop
    if relation.expected is not null then
      -- untouched rows bear the transaction that wrote them
      execute pg_catalog.format('select count(*), count(*) filter (where xmin::text = %L) from only %I.%I',
        coalesce(xids ->> relation.relname::text, unit.build_xid::text), unit_name, relation.relname) into total, original;
      continue when total = relation.expected and original = relation.expected;
    end if;
    if relation.relkind = 'm' then return pg_catalog.format('the materialized view %I was refreshed', relation.relname); end if;
    if (source.pristine ->> 'always_fires')::boolean then return 'emptying it would fire triggers or rules'; end if;
    -- rows lie in a small emptied table in the order they come in; in a larger one only if its file is new
    if may_replicate and relation.expected is null and relation.size <= 8192 and not relation.has_rule then
      perform pg_catalog.set_config('session_replication_role', 'replica', true);
      execute pg_catalog.format('delete from only %I.%I', unit_name, relation.relname);
    else
      truncated := truncated || relation.oid;
    end if;
  end loop;

  if truncated <> '{}' then
    -- whatever refers to a truncated table has to be truncated with it
    with recursive closure (oid) as (
      select pg_catalog.unnest(truncated)
      union
      select c.conrelid from closure join pg_catalog.pg_constraint c on c.confrelid = closure.oid and c.contype = 'f'
    )
    -- a partitioned table has its rows in partitions, which are in the closure themselves
    select pg_catalog.array_agg(c.relname::text) into emptied
      from closure join pg_catalog.pg_class c on c.oid = closure.oid where c.relkind = 'r';
    if may_replicate then
      perform pg_catalog.set_config('session_replication_role', 'replica', true);
    elsif exists (
      select from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
      where c.relnamespace = ns and c.relname = any (emptied) and not t.tgisinternal
        and (t.tgtype & 32 <> 0 or seeded ? c.relname::text)
    ) or exists (
      select from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
      where c.relnamespace = ns and c.relname = any (emptied) and r.ev_type = '3' and seeded ? c.relname::text
    ) then
      return 'emptying it would fire triggers or rules';
    end if;
    execute (select 'truncate table only ' || pg_catalog.string_agg(pg_catalog.format('%I.%I', unit_name, name), ', only ')
               from pg_catalog.unnest(emptied) name);
    -- as in the replay: checks and generated columns may call what they find by it
    perform pg_catalog.set_config('search_path', (
      select pg_catalog.string_agg(pg_catalog.quote_ident(name), ', ') from pg_catalog.unnest(unit_name || source.extension_schemas) name), true);
    for seed in
      select s ->> 'table' as "table", s ->> 'sql' as sql from pg_catalog.jsonb_array_elements(source.seeds) s
      where s ->> 'table' = any (emptied)
    loop
      execute pg_catalog.replace(seed.sql, source.marker, unit_name);
      -- what the rows bear, which is a subtransaction's
      execute pg_catalog.format('select xmin::text from only %I.%I limit 1', unit_name, seed."table") into written_by;
      xids := pg_catalog.jsonb_set(xids, array[seed."table"], pg_catalog.to_jsonb(written_by));
    end loop;
    perform pg_catalog.set_config('search_path', '', true);
  end if;
  if may_replicate then perform pg_catalog.set_config('session_replication_role', 'origin', true); end if;

  perform pg_catalog.setval(pg_catalog.format('%I.%I', unit_name, s.key)::pg_catalog.regclass,
                            (s.value ->> 0)::bigint, (s.value ->> 1)::boolean)
     from pg_catalog.jsonb_each(source.pristine -> 'sequences') s;
  update with_test_db.unit set seed_xids = xids where name = unit_name and seed_xids is distinct from xids;
  return null;
end $$;
`;
