/**
 * One text that runs a query twice and each of its alterations once, on the state that the query is about to find, and leaves nothing:
 * each runs in a block of PL/pgSQL that ends with an exception, which undoes it, and the block around keeps what it has seen. No error
 * comes out, since a driver's transaction would remember it.
 */
import { literal } from "../../sql/identifiers.ts";
import type { ComparedAlteration, Comparison } from "../work.ts";
import { literalOf } from "./literals.ts";

/** How long all of them may take together, in milliseconds. */
const LONGEST = 5_000;
/** How long one waits for another session's lock, in milliseconds. */
const LOCKED = 300;
/** How many rows are looked at: a join without its condition has any number. */
const MOST_ROWS = 20_000;
/** Of a write, whose columns are looked at one by one. */
const MOST_CHANGED = 2_000;

/** What is seen of a statement that ran to its end; anything else begins with a word: `refused`, `failed` or `unknown`. */
const SEEN = "WTDB0";

const OF_ROWS = `in_order := hashtextextended(found::text, in_order);
            in_any_order := in_any_order + hashtextextended(found::text, 0);`;

/**
 * Triggers and defaults may set other values each time: columns that differ themselves say nothing, and the others do, and how often each
 * is null.
 */
const OF_COLUMNS = `of_columns := (select jsonb_object_agg(key, coalesce((of_columns ->> key)::numeric, 0) + value)
              from (select key, hashtextextended(coalesce(value, 'null'), 0) as value from jsonb_each_text(to_jsonb(found))
                union all select key || ' is null', (value is null)::int from jsonb_each_text(to_jsonb(found))) each_column);`;

/** The result is a list in JSON: the types of the parameters, what the query does, what it does again, what each alteration does. */
export function comparisonOf(
  { compared, isWrite }: Comparison,
  parameters: readonly unknown[],
  alterations: readonly ComparedAlteration[],
): string {
  const given = parameters.length > 0 ? `(${parameters.map(literalOf).join(", ")})` : "";
  const statements = [compared, compared, ...alterations.map(({ sql }) => sql)].map(literal).join(", ");
  const block = `
declare
  statements constant text[] := array[${statements}];
  types text := '[]';
  outcomes text[] := '{}';
  outcome text;
  counted bigint;
  in_order bigint;
  in_any_order numeric;
  of_columns jsonb;
  found record;
  sequence record;
begin
  declare
    names text[] := array(select format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where ${isWrite} and c.relkind = 'S' and n.nspname = any (current_schemas(false)));
    lasts bigint[] := '{}';
    calls boolean[] := '{}';
  begin
    for i in 1 .. coalesce(array_length(names, 1), 0) loop
      execute 'select last_value, is_called from ' || names[i] into sequence;
      lasts := lasts || sequence.last_value;
      calls := calls || sequence.is_called;
    end loop;
    for i in 1 .. array_length(statements, 1) loop
      outcome := null;
      begin
        execute 'prepare with_test_db_proof as ' || statements[i];
      exception when query_canceled or others then
        outcome := 'refused ' || sqlstate;
      end;
      if outcome is null then
        begin
          perform set_config('lock_timeout', '${LOCKED}', true);
          if i = 1 then
            select to_json(parameter_types::text[])::text into types from pg_catalog.pg_prepared_statements where name = 'with_test_db_proof';
          end if;
          counted := 0; in_order := 0; in_any_order := 0; of_columns := '{}';
          for found in execute ${literal(`execute with_test_db_proof${given}`)} loop
            counted := counted + 1;
            exit when counted > ${isWrite ? MOST_CHANGED : MOST_ROWS};
            ${isWrite ? OF_COLUMNS : OF_ROWS}
          end loop;
          raise exception using errcode = '${SEEN}', message = counted || ' ' || ${isWrite ? "of_columns" : "in_any_order || ' ' || in_order"};
        exception when query_canceled or others then
          outcome := case when sqlstate = '${SEEN}' then sqlerrm
            when sqlstate in ('55P03', '57014', '40P01', '40001', '42501') then 'unknown ' || sqlstate
            when sqlstate like '42%' then 'refused ' || sqlstate
            else 'failed ' || sqlstate end;
        end;
        execute 'deallocate with_test_db_proof';
      end if;
      outcomes := outcomes || outcome;
      for s in 1 .. coalesce(array_length(names, 1), 0) loop
        execute format('select setval(%L, %s, %L) from %s where last_value <> %s or is_called <> %L',
          names[s], lasts[s], calls[s], names[s], lasts[s], calls[s]);
      end loop;
      exit when outcome = 'unknown 57014';
    end loop;
  end;
  perform set_config('with_test_db.proof', json_build_array(types::json, to_json(outcomes))::text, true);
exception when query_canceled or others then
  perform set_config('with_test_db.proof', json_build_array(types::json, to_json(outcomes), sqlerrm)::text, true);
end`;
  return [
    `select set_config('with_test_db.timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '${LONGEST}', true)`,
    `do ${literal(block)}`,
    `select current_setting('with_test_db.proof'), set_config('statement_timeout', current_setting('with_test_db.timeout'), true)`,
  ].join(";\n");
}
