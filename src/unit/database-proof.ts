/**
 * Proves that a clone of a measured database is as it was handed out, or puts it back: SQL that is sent from outside, for
 * one simple query on a connection in the clone. Whatever it can't prove, it refuses: a new clone is right, and never far.
 */
import { ident, literal } from "../sql/identifiers.ts";
import { COMMENT, catalogState, counted, DATABASE_STATE, IS_OPEN } from "./database-state.ts";
import type { Pristine } from "./measure-database.ts";

/** What the last result of the query says where the database is pristine; else it says why it isn't. */
export const PRISTINE = "pristine";
/** What it says where another session has a transaction open, or this one has. */
export const BUSY = "a transaction is still open";

const ANSWER = literal("with_test_db.answer");

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
  const changed = filled.map(
    ({
      name,
      isView,
      rows,
    }) => `select ${literal(isView ? `the materialized view ${name} was refreshed` : `rows of the migrations in ${name} were changed`)} as reason
      where ${counted(`only ${name}`, since)} is distinct from ${literal(`${rows}+0`)}`,
  );
  return `
declare
  answer pg_catalog.text;
  relation pg_catalog.record;
  here pg_catalog.oid;
  patience pg_catalog.int4 := 40;
  may_replicate pg_catalog.bool;
  deleted pg_catalog.text[] := array[]::pg_catalog.text[];
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
  select oid into here from pg_database where datname = current_database();
  if exists (select from pg_prepared_xact() p where p.dbid = here) then
    answer := 'a prepared transaction is open';
    exit proof;
  end if;
  while exists (select from pg_lock_status() l
                 where l.database = here and l.pid <> pg_backend_pid() and l.locktype <> 'advisory'
                   -- no user: autovacuum
                   and exists (select from pg_stat_get_activity(l.pid) a where a.usesysid is not null)) loop
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
  if ${DATABASE_STATE} is distinct from ${literal(pristine.databaseState)} or ${IS_OPEN} is not true
     or ${COMMENT} is distinct from ${comment === null ? "null" : literal(comment)} then
    answer := 'settings, grants or the comment of the database changed';
    exit proof;
  end if;
  ${changed.length > 0 ? `select reason into answer from (${changed.join(" union all ")}) changed limit 1; exit proof when found;` : ""}

  ${EMPTYING(filled.map(({ oid }) => oid))}
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

const list = (values: readonly string[]): string => literal(`{${values.join(",")}}`);

const SIZES = `
    select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind, f.size,
           c.relforcerowsecurity or exists (
             select from pg_rewrite r where r.ev_class = c.oid and r.ev_type = '4'
           ) or exists (
             select from pg_trigger t where t.tgrelid = c.oid and t.tgenabled in ('A', 'R')) as fires
      from pg_class c join pg_namespace n on n.oid = c.relnamespace, lateral SIZE f
     where c.oid >= '16384'::oid and c.relkind in ('r', 'm') and f.size > 0 and c.oid <> all (FILLED)`;

/** Finds tables that have pages, where the migrations left no rows, and empties them. */
function EMPTYING(filled: readonly string[]): string {
  const sizes = SIZES.replace("FILLED", `${list(filled)}::oid[]`);
  // to ask for a relation's size opens it, which costs a new session more than all else: the file system is asked where one may
  const byFile = sizes.replace("SIZE", "pg_stat_file(pg_relation_filepath(c.oid))");
  const byRelation = sizes.replace("SIZE", "(select pg_relation_size(c.oid) as size offset 0)");
  return `may_replicate := has_parameter_privilege('session_replication_role', 'SET');
  for relation in execute case when has_function_privilege('pg_stat_file(text)', 'EXECUTE')
      then ${literal(byFile)} else ${literal(byRelation)} end loop
    if relation.relkind = 'm' then
      answer := format('the materialized view %s was refreshed', relation.name);
      exit proof;
    end if;
    -- rows lie in a small emptied table in the order they come in; in a larger one only if its file is new
    if may_replicate and relation.size <= 8192 and not relation.fires then
      deleted := deleted || relation.name;
    else
      truncated := truncated || relation.oid;
    end if;
  end loop;
  if may_replicate and (deleted <> '{}' or truncated <> '{}') then
    perform set_config('session_replication_role', 'replica', true);
  end if;
  if truncated <> '{}' then
    -- whatever refers to a truncated table has to be truncated with it; a partitioned table is with its partitions
    with recursive closure (oid) as (
      select unnest(truncated)
      union
      select n.oid from closure, lateral (
        select c.conrelid from pg_constraint c where c.confrelid = closure.oid and c.contype = 'f'
        union all
        select i.inhrelid from pg_inherits i join pg_class p on p.oid = i.inhparent
         where i.inhparent = closure.oid and p.relkind = 'p') n (oid)
    )
    select string_agg(format(case c.relkind when 'p' then '%I.%I' else 'only %I.%I' end, n.nspname, c.relname), ', ') as names,
           bool_or(c.oid = any (${list(filled)}::oid[])) as takes_rows,
           bool_or(exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgtype & 32 <> 0
                              and t.tgenabled = any (case when may_replicate then '{A,R}' else '{A,O}' end::"char"[]))) as fires
      into relation
      from closure join pg_class c on c.oid = closure.oid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p');
    if relation.takes_rows or relation.fires then
      answer := 'a table cannot be emptied without others, or without firing triggers';
      exit proof;
    end if;
    execute concat('truncate table ', relation.names);
  end if;
  if deleted <> '{}' then
    execute (select string_agg(concat('delete from only ', name), '; ') from unnest(deleted) name);
  end if;`;
}
