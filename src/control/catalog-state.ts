/** What the catalog says of a unit: a function on the server, drawn from the list of kinds. */
import { UNIT_OBJECTS, type UnitObjects } from "../catalog/kind.ts";
import { KINDS } from "../catalog/kinds.ts";

/** The catalogs of objects that seldom are in a schema: the function keeps the OIDs of all of them together. */
const OTHERS: readonly string[] = KINDS.flatMap(({ catalog, place }) => ("schema" in place ? catalog : [])).filter(
  (catalog) => !["pg_class", "pg_type", "pg_proc", "pg_operator"].includes(catalog),
);

/** How many rows there are in each catalog, and how many of those somebody else wrote. */
function counts(isWanted: (of: UnitObjects) => boolean): string {
  const sources = KINDS.flatMap(({ catalog, proof }) => {
    if ("none" in proof || "columns" in proof) return [];
    return proof
      .filter(({ of }) => isWanted(of))
      .map(
        ({ column, of, and = "true" }) => `select '${catalog}.${column}' as source, xmin as made from ${catalog}
            where ${column} = ${UNIT_OBJECTS[of]} and ${and}`,
      );
  });
  return `select string_agg(source || '=' || n, ' ' order by source), sum(unknown)
    from (
      select source, count(*) as n, count(*) filter (where made <> built and made <> claimed) as unknown
        from (
          ${sources.join("\n          union all ")}
        ) counted
       group by source
    ) counted`;
}

const COMPARED: string = KINDS.flatMap(({ catalog, proof }) =>
  "columns" in proof
    ? `(select sum(hash_record_extended(row(${proof.columns}), 0)) from ${catalog} where oid = ${UNIT_OBJECTS[proof.of]})`
    : [],
).join(",\n    ");

/** What is told of objects that depend on others. */
const BY_CATALOG = `array_agg(objid) as objects, count(*) as n, count(*) filter (where xmin <> built and xmin <> claimed) as unknown,
         array_agg(objid) filter (where classid = 'pg_type'::regclass) as types,
         array_agg(objid) filter (where classid = 'pg_proc'::regclass) as routines,
         array_agg(objid) filter (where classid = 'pg_operator'::regclass) as operators`;

const isSeldom = (of: UnitObjects): boolean => of === "others" || of === "operators";

/**
 * What the catalog says of a schema, in numbers that are the same for every unit of a blueprint: how many rows each
 * catalog has for it, and what those rows say that are compared by content. `strangers` counts rows that were written by
 * a transaction other than those that built and claimed the unit: any DDL leaves some. What depends on something behind
 * a member, as a foreign key of another schema does on an index, depends on the member too.
 */
export const CATALOG_STATE: string = `
create function with_test_db.catalog_state(unit_name text, built xid, claimed xid, out shape text, out strangers bigint)
language plpgsql stable
set search_path to pg_catalog, pg_temp
set jit to off
set enable_seqscan to off
set plan_cache_mode to force_generic_plan
as $$
declare
  ns oid;
  members record;
  behind record;
  seldom text;
  seldom_strangers bigint;
  indexes oid[];
  types oid[];
  routines oid[];
  operators oid[];
  toasted oid[];
begin
  select oid into ns from pg_namespace where nspname = unit_name;
  select ${BY_CATALOG},
         array_agg(objid) filter (where classid = 'pg_class'::regclass) as rels,
         array_agg(objid) filter (where classid not in ('pg_class'::regclass, 'pg_type'::regclass, 'pg_proc'::regclass,
                                                        'pg_operator'::regclass)) as others
    into members from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid = ns;
  select ${BY_CATALOG}
    into behind from pg_depend
   where refclassid = 'pg_class'::regclass and refobjid = any (members.rels)
      or refclassid = 'pg_type'::regclass and refobjid = any (members.types)
      or refclassid = 'pg_proc'::regclass and refobjid = any (members.routines)
      or refclassid = 'pg_operator'::regclass and refobjid = any (members.operators)
      -- oids are unique in their own catalog only, which errs on the safe side
      or refclassid = any ('{${OTHERS.join(",")}}'::regclass[]) and refobjid = any (members.others);
  types := members.types || behind.types;
  routines := members.routines || behind.routines;
  operators := members.operators || behind.operators;
  select array_agg(indexrelid) into indexes from pg_index where indrelid = any (members.rels);
  select array_agg(reltoastrelid) filter (where reltoastrelid <> 0) into toasted from pg_class where oid = any (members.rels);
  ${counts((of) => !isSeldom(of))}
    into shape, strangers;
  -- most schemas have none of these, and are spared to plan a look at their catalogs
  if members.others is not null or operators is not null then
  ${counts(isSeldom)}
    into seldom, seldom_strangers;
  end if;
  shape := concat_ws(' ', 'members=' || members.n, 'behind=' || behind.n, shape, seldom,
    ${COMPARED});
  strangers := members.unknown + behind.unknown + coalesce(strangers, 0) + coalesce(seldom_strangers, 0);
end $$`;
