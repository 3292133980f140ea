/** SQL that puts rows into another order, and sequences ahead; no value of any row changes. What stands in the way leaves its table as it is. */
import { literal } from "../sql/identifiers.ts";

/** What the migrations left, and where. */
export interface Original {
  readonly tables: readonly {
    readonly oid: string;
    readonly rows: string | number;
    /** SQL: whether a row is the migrations', and nobody has written it since. */
    readonly isOriginal: string;
  }[];
  readonly sequences: readonly { readonly oid: string; readonly last: string; readonly called: boolean }[];
}

export interface ShakeOptions {
  /** What constraints and generated columns find by it. */
  readonly searchPath: string;
  /** The name of a table that is left as it is. */
  readonly leaveAlone: string;
}

/**
 * So far apart, sequences of two tables give no value in common. Where a sequence has no room for that, it is moved by half of its room at
 * the most.
 */
const APART = 1_000;

/** A row's place is drawn from its number, so that values of the moment change nothing; an order that is as before is turned. */
export const shaking = ({ tables, sequences }: Original, seed: string, options: ShakeOptions): string => {
  const body = `
declare
  relation pg_catalog.record;
  at pg_catalog.record;
  names pg_catalog.text;
  fields pg_catalog.text;
  is_original pg_catalog.bool;
  room pg_catalog.numeric;
  ahead pg_catalog.numeric;
  may_replicate constant pg_catalog.bool := pg_catalog.has_parameter_privilege('session_replication_role', 'SET');
begin
  perform pg_catalog.set_config('search_path', ${literal(options.searchPath)}, true);
  perform pg_catalog.set_config('lock_timeout', '2s', true);
  if may_replicate then perform pg_catalog.set_config('session_replication_role', 'replica', true); end if;
  for relation in
    select c.oid, c.relname, t.rows, t."isOriginal" as is_original
      from pg_catalog.jsonb_to_recordset(${literal(JSON.stringify(tables))}) t (oid oid, rows int8, "isOriginal" text)
      join pg_catalog.pg_class c on c.oid = t.oid
     where c.relkind = 'r' and c.relname <> ${literal(options.leaveAlone)}
       and not exists (select from pg_catalog.pg_rewrite r where r.ev_class = c.oid)
       and not exists (select from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgenabled in ('A', case when may_replicate then 'R' else 'O' end)
                          -- those of its own foreign keys find what they look for
                          and not exists (select from pg_catalog.pg_constraint k where k.oid = t.tgconstraint and k.contype = 'f' and k.conrelid = c.oid and k.confrelid <> c.oid))
     order by c.oid
  loop
    begin
      execute pg_catalog.format('select count(*) = %s and bool_and(%s) from only %s', relation.rows, relation.is_original, relation.oid::pg_catalog.regclass) into is_original;
      continue when is_original is not true;
      select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum), pg_catalog.string_agg('(d.whole).' || pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
        into names, fields
        from pg_catalog.pg_attribute a where a.attrelid = relation.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
      execute pg_catalog.format(
        'with moved as (delete from only %1$s with_test_db_row returning with_test_db_row as whole, with_test_db_row.ctid as place),
              numbered as (select whole, row_number() over (order by place) as number from moved),
              drawn as (select whole, number, row_number() over (order by md5(%2$L || number)) as drawn from numbered)
         insert into %1$s (%3$s) overriding system value
         select %4$s from (select whole, number, drawn, bool_and(number = drawn) over () as is_same from drawn) d order by case when d.is_same then -d.number else d.drawn end',
        relation.oid::pg_catalog.regclass, pg_catalog.concat(${literal(seed)}::pg_catalog.text, ' ', relation.relname, ' '), names, fields);
    exception when others then null;
    end;
  end loop;
  if may_replicate then perform pg_catalog.set_config('session_replication_role', 'origin', true); end if;
  for relation in
    select s.oid, s.last, s.called, q.seqincrement, q.seqmin, q.seqmax, pg_catalog.row_number() over (order by d.digest, s.oid) as place,
           ('x' || pg_catalog.left(d.digest, 7))::pg_catalog.bit(28)::pg_catalog.int4 as drawn
      from pg_catalog.jsonb_to_recordset(${literal(JSON.stringify(sequences))}) s (oid oid, last int8, called bool)
      join pg_catalog.pg_sequence q on q.seqrelid = s.oid
      join pg_catalog.pg_class c on c.oid = s.oid and c.relname <> ${literal(`${options.leaveAlone}_id_seq`)},
           lateral (select pg_catalog.md5(pg_catalog.concat(${literal(seed)}::pg_catalog.text, ' ', c.relname)) as digest) d
  loop
    begin
      execute pg_catalog.format('select last_value, is_called from %s', relation.oid::pg_catalog.regclass) into at;
      continue when (at.last_value, at.is_called) is distinct from (relation.last, relation.called);
      room := pg_catalog.trunc((case when relation.seqincrement > 0 then relation.seqmax else relation.seqmin end::pg_catalog.numeric - relation.last) / relation.seqincrement / 2);
      continue when room < 1;
      ahead := relation.place * ${APART} + relation.drawn % ${APART};
      if ahead > room then ahead := 1 + relation.drawn % room; end if;
      perform pg_catalog.setval(relation.oid::pg_catalog.regclass, (relation.last + ahead * relation.seqincrement)::pg_catalog.int8, relation.called);
    exception when others then null;
    end;
  end loop;
end`;
  return `do language plpgsql ${literal(body)}`;
};
