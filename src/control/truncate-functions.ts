/** How the rows of a unit in use are brought back, whatever a test made of its catalog: a function on the server. */
import { COMMITS_AT_ONCE, PINNED, QUIETLY } from "./function-settings.ts";

export const TRUNCATE_FUNCTIONS: string = `
-- Brings the rows and the sequences of a unit in use back, whatever a test made of its catalog: of all tables, or of those that are named
-- and those that refer to them. What a test made is emptied, and its sequences begin anew.
create function with_test_db.truncate(unit_name text, named text[] default null) returns boolean
language plpgsql ${PINNED}
as $$
declare
  unit with_test_db.unit;
  home record;
  expected bigint[];
  scope oid[];
  is_changed boolean;
  found_oid oid;
  each text;
  relation record;
  is_missing boolean;
  ${QUIETLY}
  ${COMMITS_AT_ONCE}
begin
  select * into strict unit from with_test_db.unit u where u.name = unit_name;
  select h.row_counts, h.positions, h.called, h.always_fires, h.notices_ddl into strict home from with_test_db.home h;
  if not with_test_db.wait_for_transactions(unit_name) then
    raise exception 'a transaction is still open in %', unit_name using errcode = 'lock_not_available';
  end if;
  is_changed := not home.notices_ddl or exists (select from with_test_db.changed c where c.unit = unit.id);
  foreach each in array coalesce(named, '{}') loop
    select c.oid into found_oid from pg_catalog.pg_class c
     where c.relname = each and c.relnamespace = pg_catalog.to_regnamespace(unit_name) and c.relkind in ('r', 'p');
    if not found then raise exception 'there is no table % in %', each, unit_name using errcode = 'undefined_table'; end if;
    scope := scope || found_oid;
  end loop;
  if named is not null then
    with recursive closure (oid) as (
      select pg_catalog.unnest(scope)
      union
      select n.oid from closure, lateral (
        select c.conrelid from pg_catalog.pg_constraint c where c.confrelid = closure.oid and c.contype = 'f'
        union all
        select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = closure.oid) n (oid)
    )
    select coalesce(pg_catalog.array_agg(closure.oid), '{}') into scope from closure;
  end if;
  -- a test may have dropped some, and made others
  select pg_catalog.array_agg(c.oid order by t.place), pg_catalog.array_agg(case when c.oid is null then 0 else t.rows end order by t.place)
    into unit.tables, expected
    from (select t.oid, t.rows, t.place
            from rows from (pg_catalog.unnest(unit.tables), pg_catalog.unnest(home.row_counts)) with ordinality t (oid, rows, place)
          union all
          select c.oid, 0, pg_catalog.cardinality(unit.tables) + pg_catalog.row_number() over (order by c.oid)
            from pg_catalog.pg_class c
           where c.relnamespace = pg_catalog.to_regnamespace(unit_name) and c.relkind = 'r' and c.oid <> all (unit.tables)) t
         left join pg_catalog.pg_class c on c.oid = t.oid and (scope is null or c.oid = any (scope));
  perform with_test_db.restore_rows(unit, expected, home.always_fires or is_changed, true);

  if scope is not null then
    -- what is left alone may lack what rows of the migrations refer to
    perform pg_catalog.set_config('search_path', pg_catalog.format('%I, public', unit_name), true);
    for relation in
      select c.conrelid::pg_catalog.regclass as child, c.confrelid::pg_catalog.regclass as parent,
             pg_catalog.string_agg(pg_catalog.format('c.%I is not null', a.attname), ' and ') as given,
             pg_catalog.string_agg(pg_catalog.format('p.%I = c.%I', b.attname, a.attname), ' and ') as same
        from pg_catalog.pg_constraint c, rows from (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey)) k (child, parent),
             pg_catalog.pg_attribute a, pg_catalog.pg_attribute b
       where c.contype = 'f' and c.conrelid = any (scope) and c.confrelid <> all (scope)
         and expected[pg_catalog.array_position(unit.tables, c.conrelid)] > 0
         and a.attrelid = c.conrelid and a.attnum = k.child and b.attrelid = c.confrelid and b.attnum = k.parent
       group by c.oid
    loop
      execute pg_catalog.format('select exists (select from only %s c where %s and not exists (select from %s p where %s))',
        relation.child, relation.given, relation.parent, relation.same) into is_missing;
      if is_missing then
        raise exception 'rows of the migrations in % refer to rows of % that are gone', relation.child, relation.parent using errcode = 'foreign_key_violation';
      end if;
    end loop;
    perform pg_catalog.set_config('search_path', '', true);
  end if;

  select pg_catalog.array_agg(s.oid), pg_catalog.array_agg(s.position), pg_catalog.array_agg(s.called) into unit.sequences, home.positions, home.called
    from (select s.oid, s.position, s.called
            from rows from (pg_catalog.unnest(unit.sequences), pg_catalog.unnest(home.positions), pg_catalog.unnest(home.called)) s (oid, position, called)
          union all
          select c.oid, q.seqstart, false from pg_catalog.pg_class c join pg_catalog.pg_sequence q on q.seqrelid = c.oid
           where c.relnamespace = pg_catalog.to_regnamespace(unit_name) and c.oid <> all (unit.sequences)) s
    join pg_catalog.pg_class c on c.oid = s.oid
   where scope is null or exists (
     select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = s.oid and d.deptype in ('a', 'i')
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = any (scope));
  for relation in
    select q.seqrelid::pg_catalog.regclass as name from pg_catalog.pg_sequence q where q.seqcache > 1 and q.seqrelid = any (unit.sequences)
  loop
    -- sessions keep no value of a sequence that has another file
    execute pg_catalog.format('alter sequence %s restart', relation.name);
  end loop;
  perform pg_catalog.setval(s.oid, s.position, s.called)
     from rows from (pg_catalog.unnest(unit.sequences), pg_catalog.unnest(home.positions), pg_catalog.unnest(home.called)) s (oid, position, called);

  -- a view that nobody has refreshed since has what the migrations left
  for relation in
    select c.oid::pg_catalog.regclass as name from pg_catalog.pg_class c
     where is_changed and c.relnamespace = pg_catalog.to_regnamespace(unit_name) and c.relkind = 'm' and c.relispopulated order by c.oid
  loop
    execute pg_catalog.format('refresh materialized view %s', relation.name);
  end loop;
  return true;
end $$;
`;
