/** What a pristine schema is, and how one is made pristine again: functions on the server. */
import { PINNED } from "./function-settings.ts";

export const RESTORE_FUNCTIONS: string = `
-- The indexes by which tables of a schema are clustered: CLUSTER is the only DDL that fires no event trigger.
create function with_test_db.clustered(unit_name text) returns text
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select coalesce(string_agg(c.relname, ' ' order by c.relname), '')
    from pg_depend d join pg_index i on i.indrelid = d.objid and i.indisclustered join pg_class c on c.oid = i.indexrelid
   where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_namespace'::regclass and d.refobjid = to_regnamespace(unit_name)
$$;

-- How many indexes and partitions of a schema are between two states: DDL with CONCURRENTLY that fails half-way fires no event trigger.
create function with_test_db.unfinished(unit_name text) returns bigint
language sql stable
set search_path to pg_catalog, pg_temp
as $$
  select (select count(*) from pg_index i join pg_class c on c.oid = i.indrelid
           where not (i.indisvalid and i.indisready and i.indislive) and c.relnamespace = to_regnamespace(unit_name))
       + (select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhdetachpending and c.relnamespace = to_regnamespace(unit_name))
$$;

-- Records what is in a schema that is as the origin is: how many rows its tables begin with, where its sequences stand,
-- whether a session keeps values of them to itself, and whether a trigger or a rule fires whoever writes. It can't be
-- restored where a crash of the server would leave less: where the migrations left something in unlogged relations.
create function with_test_db.measure(unit_name text) returns void
language plpgsql
set search_path to pg_catalog, pg_temp
as $$
declare
  ns constant oid := to_regnamespace(unit_name);
  relation record;
  n bigint;
  counts bigint[] := '{}';
  position record;
  last_values bigint[] := '{}';
  have_given boolean[] := '{}';
  is_safe boolean := true;
begin
  for relation in
    select c.relname, c.relkind, c.relpersistence, c.oid from pg_class c where c.relnamespace = ns and c.relkind in ('r', 'S') order by 1
  loop
    if relation.relkind = 'S' then
      execute format('select last_value, is_called from %I.%I', unit_name, relation.relname) into position;
      last_values := last_values || position.last_value;
      have_given := have_given || position.is_called;
      is_safe := is_safe and not (relation.relpersistence = 'u' and position.is_called);
    else
      n := 0;
      if pg_relation_size(relation.oid) > 0 then
        execute format('select count(*) from only %I.%I', unit_name, relation.relname) into n;
      end if;
      counts := counts || n;
      is_safe := is_safe and not (relation.relpersistence = 'u' and n > 0);
    end if;
  end loop;
  update with_test_db.home h
     set row_counts = counts, positions = last_values, called = have_given, clustered = with_test_db.clustered(unit_name), unfinished = with_test_db.unfinished(unit_name), can_restore = is_safe,
         has_materialized = exists (select from pg_class c where c.relnamespace = ns and c.relkind = 'm'),
         caches_values = exists (select from pg_sequence q join pg_class c on c.oid = q.seqrelid where c.relnamespace = ns and q.seqcache > 1),
         always_fires = exists (
           select from pg_class c
            where c.relnamespace = ns
              and (exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled in ('A', 'R'))
                or exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN' and r.ev_enabled in ('A', 'R'))));
end $$;

-- Brings the rows of a unit's tables back to what the migrations left, or says why it can't; "expected" has how many these are, in the order
-- of the tables. Tables that have no pages were never written to. To truncate, triggers and rules that would fire are put aside meanwhile.
create function with_test_db.restore_rows(unit with_test_db.unit, expected bigint[], always_fires boolean, is_truncating boolean) returns text
language plpgsql ${PINNED}
as $$
declare
  relation record;
  seed record;
  emptied oid[] := '{}';
  seeded oid[] := '{}';
  total bigint;
  original bigint;
  xids xid[] := unit.seed_xids;
  written_by xid;
  refused text;
  before integer;
  aside text[] := '{}';
  -- opening a table takes a new session longer than looking at its file, which not everybody may
  may_look constant boolean := pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text)', 'execute');
  may_replicate constant boolean := not is_truncating or pg_catalog.has_parameter_privilege('session_replication_role', 'set');
begin
  for relation in
    select t.oid, t.rows as expected, t.place, f.size
      from rows from (pg_catalog.unnest(unit.tables), pg_catalog.unnest(expected)) with ordinality t (oid, rows, place),
           lateral (select case when may_look then (pg_catalog.pg_stat_file(pg_catalog.pg_relation_filepath(t.oid))).size
                                else pg_catalog.pg_relation_size(t.oid) end as size offset 0) f
     where f.size > 0 or t.rows > 0
  loop
    if relation.expected > 0 then
      -- untouched rows bear the transaction that wrote them
      execute pg_catalog.format('select count(*), count(*) filter (where xmin = %L) from only %s',
        coalesce(xids[relation.place], unit.build_xid), relation.oid::pg_catalog.regclass) into total, original;
      continue when total = relation.expected and original = relation.expected;
    end if;
    if always_fires and not is_truncating then return 'emptying it would fire triggers or rules'; end if;
    if may_replicate then perform pg_catalog.set_config('session_replication_role', 'replica', true); end if;
    -- rows lie in a small emptied table in the order they come in; in a larger one only if its file is new
    if relation.expected = 0 and relation.size <= 8192 and may_replicate and not always_fires
       and not exists (select from pg_catalog.pg_rewrite r where r.ev_class = relation.oid and r.ev_type = '4') then
      execute pg_catalog.format('delete from only %s', relation.oid::pg_catalog.regclass);
    else
      emptied := emptied || relation.oid;
    end if;
  end loop;

  if emptied <> '{}' then
    -- whatever refers to a truncated table has to be truncated with it
    with recursive closure (oid) as (
      select pg_catalog.unnest(emptied)
      union
      select c.conrelid from closure join pg_catalog.pg_constraint c on c.confrelid = closure.oid and c.contype = 'f'
    )
    select pg_catalog.array_agg(c.oid) into emptied from closure c;
    if is_truncating then
      for relation in
        select pg_catalog.format('alter table only %s ', t.tgrelid::pg_catalog.regclass) as head, pg_catalog.format(' trigger %I', t.tgname) as tail, t.tgenabled as fires
          from pg_catalog.pg_trigger t
         where t.tgrelid = any (emptied) and not t.tgisinternal and t.tgenabled in ('A', case when may_replicate then 'R' else 'O' end)
        union all
        select pg_catalog.format('alter table only %s ', r.ev_class::pg_catalog.regclass), pg_catalog.format(' rule %I', r.rulename), r.ev_enabled
          from pg_catalog.pg_rewrite r
         where r.ev_class = any (emptied) and r.ev_enabled in ('A', case when may_replicate then 'R' else 'O' end)
      loop
        execute relation.head || 'disable' || relation.tail;
        aside := aside || (relation.head || case relation.fires when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end || relation.tail);
      end loop;
    end if;
    -- a partitioned table has its rows in partitions, which are in the closure themselves
    execute (select 'truncate table ' || pg_catalog.string_agg(case c.relkind when 'p' then '' else 'only ' end || c.oid::pg_catalog.regclass, ', ')
               from pg_catalog.pg_class c where c.oid = any (emptied));
    -- as in the replay: checks and generated columns may call what they find by it
    perform pg_catalog.set_config('search_path', pg_catalog.format('%I, public', unit.name), true);
    loop
      refused := null;
      before := pg_catalog.cardinality(seeded);
      for seed in
        select s.sql, h.origin, c.oid, c.place
          from with_test_db.home h, pg_catalog.jsonb_to_recordset(h.seeds) s ("table" text, sql text),
               lateral (select c.oid, pg_catalog.array_position(unit.tables, c.oid) as place from pg_catalog.pg_class c
                         where c.relname = s."table" and c.relnamespace = pg_catalog.to_regnamespace(unit.name)) c
         where c.oid = any (emptied) and c.oid <> all (seeded) and expected[c.place] > 0
      loop
        begin
          execute pg_catalog.replace(seed.sql, seed.origin, unit.name);
        exception when foreign_key_violation then
          -- without the right to leave foreign keys unchecked: what the rows refer to has to come first
          refused := sqlerrm;
          continue;
        end;
        seeded := seeded || seed.oid;
        -- what the rows bear, which is a subtransaction's
        execute pg_catalog.format('select xmin from only %s limit 1', seed.oid::pg_catalog.regclass) into written_by;
        xids[seed.place] := written_by;
      end loop;
      exit when refused is null;
      if pg_catalog.cardinality(seeded) = before then raise exception '%', refused using errcode = 'foreign_key_violation'; end if;
    end loop;
    for relation in
      select t.oid::pg_catalog.regclass as name from rows from (pg_catalog.unnest(unit.tables), pg_catalog.unnest(expected)) t (oid, rows)
       where t.rows > 0 and t.oid = any (emptied) and t.oid <> all (seeded)
    loop
      raise exception 'the table % has another name than the migrations gave it', relation.name using errcode = 'undefined_table';
    end loop;
    if aside <> '{}' then
      if not may_replicate then set constraints all immediate; end if;
      execute pg_catalog.array_to_string(aside, ';');
    end if;
    update with_test_db.unit u set seed_xids = xids where u.id = unit.id;
    perform pg_catalog.set_config('search_path', '', true);
  end if;
  if may_replicate then perform pg_catalog.set_config('session_replication_role', 'origin', true); end if;
  return null;
end $$;

-- Brings the rows and the sequences of a schema whose catalog did not change back to what the migrations left, or says
-- why it can't.
create function with_test_db.restore(unit_id integer) returns text
language plpgsql ${PINNED}
as $$
declare
  unit with_test_db.unit;
  home record;
  reason text;
begin
  select * into strict unit from with_test_db.unit u where u.id = unit_id;
  select h.row_counts, h.positions, h.called, h.clustered, h.unfinished, h.has_materialized, h.always_fires
    into strict home from with_test_db.home h;
  -- CLUSTER gives a table another file
  if home.has_materialized or exists (select from pg_catalog.unnest(unit.tables) t (oid) where pg_catalog.pg_relation_filenode(t.oid) <> t.oid) then
    if with_test_db.clustered(unit.name) <> home.clustered then return 'a table was clustered by another index'; end if;
  end if;
  if with_test_db.unfinished(unit.name) <> home.unfinished then return 'DDL with CONCURRENTLY did not come to its end'; end if;
  reason := with_test_db.restore_rows(unit, home.row_counts, home.always_fires, false);
  if reason is not null then return reason; end if;

  -- all of them: Postgres doesn't tell where a sequence stands that gave no value
  perform pg_catalog.setval(s.oid, s.position, s.called)
     from rows from (pg_catalog.unnest(unit.sequences), pg_catalog.unnest(home.positions), pg_catalog.unnest(home.called)) s (oid, position, called);
  return null;
end $$;
`;
