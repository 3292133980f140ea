/**
 * The catalog of one schema as one document in JSON: lists, in the order in which a reader wants them. Texts of expressions are
 * printed under the search_path of the unit, which leaves the names of what is in the unit without their schema.
 */
import { literal } from "../sql/identifiers.ts";

const list = (fields: Readonly<Record<string, string>>, from: string, order: string): string =>
  `(select coalesce(jsonb_agg(${object(fields)} order by ${order}), '[]') from ${from})`;

const object = (fields: Readonly<Record<string, string>>): string =>
  `jsonb_build_object(${Object.entries(fields)
    .map(([name, value]) => `'${name}', ${value}`)
    .join(", ")})`;

const columnNames = (numbers: string, relation: string): string =>
  `(select jsonb_agg(a.attname order by k.n) from unnest(${numbers}) with ordinality k (attnum, n)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.attnum)`;

const ACTIONS = `case %s when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' end`;
const action = (column: string): string => ACTIONS.replace("%s", column);

const DEFERRABLE = `case when x.condeferred then '"deferred"' when x.condeferrable then '"immediate"' else 'false' end::jsonb`;

const columns = list(
  {
    name: "a.attname",
    type: "format_type(a.atttypid, a.atttypmod)",
    nullable: "not a.attnotnull",
    default: "case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end",
    generated: "case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid, true) end",
    identity: "case a.attidentity when 'a' then 'always' when 'd' then 'by default' end",
  },
  "pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped",
  "a.attnum",
);

const constraints = list(
  {
    kind: "x.contype",
    name: "x.conname",
    columns: columnNames("x.conkey", "x.conrelid"),
    deferrable: DEFERRABLE,
    nullsNotDistinct: "coalesce((select indnullsnotdistinct from pg_index where indexrelid = x.conindid), false)",
    references: `(select case when f.relnamespace = c.relnamespace then f.relname else f.relnamespace::regnamespace || '.' || f.relname end from pg_class f where f.oid = x.confrelid)`,
    referenced: columnNames("x.confkey", "x.confrelid"),
    onDelete: action("x.confdeltype"),
    onUpdate: action("x.confupdtype"),
    expression: "pg_get_expr(x.conbin, x.conrelid, true) || case when x.convalidated then '' else ' not valid' end",
    definition: "pg_get_constraintdef(x.oid, true)",
  },
  "pg_constraint x where x.conrelid = c.oid and x.contype in ('p', 'u', 'f', 'c', 'x')",
  'x.conname collate "C"',
);

/** A column or an expression, and what of its order and its operators is not the default. */
const indexed = (from: string, to: string): string => `(select coalesce(jsonb_agg(
    pg_get_indexdef(x.indexrelid, k, true)
    || coalesce((select ' ' || o.opcname from pg_opclass o where o.oid = x.indclass[k - 1] and not o.opcdefault), '')
    || case x.indoption[k - 1] when 1 then ' desc nulls last' when 2 then ' nulls first' when 3 then ' desc' else '' end
    order by k), '[]') from generate_series(${from}, ${to}) k)`;

const indexes = list(
  {
    name: "i.relname",
    columns: indexed("1", "x.indnkeyatts"),
    include: indexed("x.indnkeyatts + 1", "x.indnatts"),
    unique: "x.indisunique",
    nullsNotDistinct: "x.indnullsnotdistinct",
    method: "m.amname",
    where: "pg_get_expr(x.indpred, x.indrelid, true)",
  },
  `pg_index x join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
    where x.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x'))`,
  'i.relname collate "C"',
);

const triggers = list(
  {
    name: "x.tgname",
    timing: "case when x.tgtype & 2 <> 0 then 'before' when x.tgtype & 64 <> 0 then 'instead of' else 'after' end",
    events: `(select jsonb_agg(e order by n) from unnest(array[
      case when x.tgtype & 4 <> 0 then 'insert' end,
      case when x.tgtype & 16 <> 0 then 'update' || coalesce((select ' of ' || string_agg(a.attname, ', ' order by k.n)
        from unnest(x.tgattr) with ordinality k (attnum, n) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum), '') end,
      case when x.tgtype & 8 <> 0 then 'delete' end,
      case when x.tgtype & 32 <> 0 then 'truncate' end]) with ordinality u (e, n) where e is not null)`,
    forEach: "case when x.tgtype & 1 <> 0 then 'row' else 'statement' end",
    // pg_get_expr() refuses what speaks of OLD and NEW
    when: String.raw`substring(pg_get_triggerdef(x.oid, true) from ' WHEN \((.*)\) EXECUTE FUNCTION ')`,
    function: "x.tgfoid::regproc::text",
    enabled: "x.tgenabled <> 'D'",
  },
  "pg_trigger x where x.tgrelid = c.oid and not x.tgisinternal",
  'x.tgname collate "C"',
);

const policies = list(
  {
    name: "x.polname",
    command:
      "case x.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end",
    permissive: "x.polpermissive",
    roles: `(select jsonb_agg(n order by n) from (select case r when 0 then 'public' else pg_get_userbyid(r) end as n from unnest(x.polroles) r) names)`,
    using: "pg_get_expr(x.polqual, x.polrelid, true)",
    check: "pg_get_expr(x.polwithcheck, x.polrelid, true)",
  },
  "pg_policy x where x.polrelid = c.oid",
  'x.polname collate "C"',
);

const IN_SCHEMA = `c.relnamespace = n.oid and not exists (
    select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

const tables = list(
  {
    name: "c.relname",
    columns,
    constraints,
    indexes,
    triggers,
    policies,
    rowSecurity: `case when not c.relrowsecurity then 'false' when c.relforcerowsecurity then '"forced"' else '"enabled"' end::jsonb`,
  },
  `pg_class c where ${IN_SCHEMA} and c.relkind in ('r', 'p') and not c.relispartition`,
  'c.relname collate "C"',
);

const views = list(
  { name: "c.relname", columns, materialized: "c.relkind = 'm'", definition: "pg_get_viewdef(c.oid, true)", indexes },
  `pg_class c where ${IN_SCHEMA} and c.relkind in ('v', 'm')`,
  'c.relname collate "C"',
);

const enums = list(
  {
    name: "t.typname",
    values: "(select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)",
  },
  `pg_type t where t.typnamespace = n.oid and t.typtype = 'e' and not exists (
    select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')`,
  't.typname collate "C"',
);

/** @param schema - the search_path's first where it is undefined */
export const schemaQuery = (schema: string | undefined): string =>
  `select ${object({ tables, views, enums })}::text as description
  from pg_namespace n where n.nspname = ${schema === undefined ? "current_schema()" : literal(schema)}`;
