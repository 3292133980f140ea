/**
 * Proves that a clone of a measured database is as it was handed out, or puts it back: SQL that is sent from outside, for
 * one simple query on a connection in the clone. Whatever it can't prove, it refuses: a new clone is right, and never far.
 */
import { literal } from "../sql/identifiers.ts";
import { COMMENT, catalogState, counted, DATABASE_STATE } from "./database-state.ts";
import type { Pristine } from "./measure-database.ts";

/** What the last result of the query says where the database is pristine; else it says why it isn't. */
export const PRISTINE = "pristine";
/** What it says where another session has a transaction open, or this one has. */
export const BUSY = "a transaction is still open";

const ANSWER = literal("with_test_db.answer");

/** SQL: whether another session has a transaction open in this database. */
export const OTHERS_AT_WORK = `exists (select from pg_database d, pg_lock_status() l
                 where d.datname = current_database() and l.database = d.oid
                   and l.pid <> pg_backend_pid() and l.locktype <> 'advisory'
                   -- no user: autovacuum
                   and exists (select from pg_stat_get_activity(l.pid) a where a.usesysid is not null))`;

/**
 * @param pristine - what `measureDatabase` said of the template
 * @param comment - what the comment on the clone has to be. `@default` as on the template when it was measured
 */
export function restoreDatabase(pristine: string, comment?: string | null): string {
  const measured = JSON.parse(pristine) as Pristine;
  const body = restoring(measured, comment === undefined ? measured.comment : comment);
  return `do language plpgsql ${literal(body)}; select pg_catalog.current_setting(${ANSWER}) as answer`;
}

/** Settings of the session, against those of its user: what names mean first. */
const PINNED: readonly (readonly [string, string])[] = [
  ["search_path", "pg_catalog, pg_temp"],
  ["row_security", "off"],
  ["array_nulls", "on"],
  ["transform_null_equals", "off"],
  ["jit", "off"],
  ["max_parallel_workers_per_gather", "0"],
  ["enable_seqscan", "on"],
  ["lock_timeout", "2s"],
  ["client_min_messages", "warning"],
  ["synchronous_commit", "off"],
];

/** No transaction's age is told right from there on. */
const TOO_OLD = 2_000_000_000n;

function restoring(pristine: Pristine, comment: string | null): string {
  const { since, catalogs, empty, filled, sequences, never } = pristine;
  const changed = filled.map((table) => {
    const now = counted(`only ${table.name}`, since);
    return `select ${literal(reasonOf(table))} as reason where ${now} is distinct from ${literal(`${table.rows}+0`)}`;
  });
  return `
declare
  answer pg_catalog.text;
  relation record;
  others record;
  patience pg_catalog.int4 := 40;
  may_replicate pg_catalog.bool;
  fires pg_catalog.bool;
  deleted pg_catalog.oid[] := array[]::pg_catalog.oid[];
  truncated pg_catalog.oid[] := array[]::pg_catalog.oid[];
begin
<<proof>>
begin
  -- in a transaction of its user's, which may yet be rolled back
  if pg_catalog.now() operator(pg_catalog.<>) pg_catalog.statement_timestamp() then
    answer := ${literal(BUSY)};
    exit proof;
  end if;
  perform ${PINNED.map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`).join(", ")};
  answer := ${never === null ? "null" : literal(never)};
  exit proof when answer is not null;
  if current_setting('transaction_isolation') <> 'read committed' then
    answer := 'the session reads what was there when its transaction began';
    exit proof;
  end if;
  if pg_snapshot_xmax(pg_current_snapshot()) > ${literal(String(BigInt(since) + TOO_OLD))}::xid8 then
    answer := 'the template was measured too long ago';
    exit proof;
  end if;
  while ${OTHERS_AT_WORK} loop
    patience := patience - 1;
    if patience = 0 then
      answer := ${literal(BUSY)};
      exit proof;
    end if;
    perform pg_sleep(0.005);
    perform pg_stat_clear_snapshot();
  end loop;

  if exists (select from unnest(${literal(`{${empty.join(",")}}`)}::oid[]) c where pg_relation_size(c) > 0)
     or ${catalogState(catalogs, since)} is distinct from ${literal(pristine.catalogState)} then
    answer := 'the catalog changed';
    exit proof;
  end if;
  select case
      when exists (select from pg_prepared_xact() p where p.dbid = d.oid) then 'a prepared transaction is open'
      -- a template may be closed
      when ${DATABASE_STATE} <> ${literal(pristine.databaseState)} or d.datconnlimit <> -1 or not d.datallowconn or d.datistemplate
        then 'settings or grants of the database changed'
      when ${COMMENT} is distinct from ${comment === null ? "null" : literal(comment)} then 'the comment on the database changed'
    end into answer
    from pg_database d where d.datname = current_database();
  exit proof when answer is not null;
  ${changed.length > 0 ? `select reason into answer from (${changed.join(" union all ")}) changed limit 1; exit proof when found;` : ""}

  ${emptying(list(filled.map(({ oid }) => oid)))}
  ${
    sequences.length > 0
      ? `perform setval(s, at, called) from unnest(${list(sequences.map(({ oid }) => oid))}::regclass[],
    ${list(sequences.map(({ last }) => last))}::int8[], ${list(sequences.map(({ called }) => String(called)))}::bool[]) u (s, at, called);`
      : ""
  }
  answer := ${literal(PRISTINE)};
exception
  when lock_not_available then answer := ${literal(BUSY)};
  when others then answer := sqlerrm;
end proof;
perform pg_catalog.set_config(${ANSWER}, answer, true);
end`;
}

const reasonOf = ({ name, isView }: Pristine["filled"][number]): string =>
  isView ? `the materialized view ${name} was refreshed` : `rows of the migrations in ${name} were changed`;

const list = (values: readonly string[]): string => literal(`{${values.join(",")}}`);

/** Tables that have pages. */
const written = (filled: string, size: string): string => `
    select c.oid, c.relkind, c.relforcerowsecurity, f.size from pg_class c, lateral ${size} f
     where c.oid >= '16384'::oid and c.relkind in ('r', 'm') and f.size > 0 and c.oid <> all (${filled}::oid[])`;

/** Empties the tables that were written to, where the migrations left no rows. */
function emptying(filled: string): string {
  // to ask for a relation's size opens it, which costs a new session more than all else: the file system is asked where one may
  const byFile = written(filled, "pg_stat_file(pg_relation_filepath(c.oid))");
  const byRelation = written(filled, "(select pg_relation_size(c.oid) as size offset 0)");
  return `may_replicate := has_parameter_privilege('session_replication_role', 'SET');
  for relation in execute case when has_function_privilege('pg_stat_file(text)', 'EXECUTE')
      then ${literal(byFile)} else ${literal(byRelation)} end loop
    if relation.relkind = 'm' then
      answer := 'a materialized view was refreshed';
      exit proof;
    end if;
    fires := relation.relforcerowsecurity
      or exists (select from pg_rewrite r where r.ev_class = relation.oid and r.ev_type = '4')
      or exists (select from pg_trigger t where t.tgrelid = relation.oid and t.tgenabled in ('A', 'R'));
    -- rows lie in a small emptied table in the order they come in; in a larger one only if its file is new
    if may_replicate and relation.size <= 8192 and not fires then
      deleted := deleted || relation.oid;
      continue;
    end if;
    -- whatever refers to a truncated table has to be truncated with it; a partitioned table is with its partitions
    with recursive closure (oid) as (
      select relation.oid
      union
      select n.oid from closure, lateral (
        select c.conrelid from pg_constraint c where c.confrelid = closure.oid and c.contype = 'f'
        union all
        select i.inhrelid from pg_inherits i join pg_class p on p.oid = i.inhparent
         where i.inhparent = closure.oid and p.relkind = 'p') n (oid)
    )
    select array_agg(c.oid) as oids,
           bool_or(c.oid = any (${filled}::oid[]) or exists (
             select from pg_trigger t where t.tgrelid = c.oid and t.tgtype & 32 <> 0
                and t.tgenabled = any (case when may_replicate then '{A,R}' else '{A,O}' end::"char"[]))) as takes_more
      into others from closure join pg_class c on c.oid = closure.oid where c.relkind in ('r', 'p');
    if not others.takes_more then
      truncated := truncated || others.oids;
    elsif may_replicate and not fires then
      deleted := deleted || relation.oid;
    else
      answer := format('%s cannot be emptied without others that hold rows, or without firing triggers', relation.oid::regclass);
      exit proof;
    end if;
  end loop;
  if may_replicate and concat(deleted, truncated) <> '{}{}' then
    perform set_config('session_replication_role', 'replica', true);
  end if;
  if truncated <> '{}' then
    execute (select concat('truncate table ', string_agg(distinct format(
                 case c.relkind when 'p' then '%I.%I' else 'only %I.%I' end, n.nspname, c.relname), ', '))
               from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = any (truncated));
  end if;
  if deleted <> '{}' then
    execute (select string_agg(format('delete from only %I.%I', n.nspname, c.relname), '; ')
               from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = any (deleted));
  end if;`;
}
