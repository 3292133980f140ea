/**
 * All rows of a unit, as one statement sees them: also those that are not committed, where it runs in the transaction that wrote them.
 * Rows come in the order of numbers and dates in their primary keys, and then as they were written: other keys are made at random.
 */
import { ident, literal, qualified } from "../sql/identifiers.ts";
import { documents, type Queryable } from "./queryable.ts";

/** A row, by the names of its columns. */
export interface RawRow {
  /** As JSON has it, but for numbers that JavaScript has not, which are text. */
  readonly values: Readonly<Record<string, unknown>>;
  /** As Postgres prints it: the columns of which JSON, or JavaScript's reading of it, may show two values alike. */
  readonly texts: Readonly<Record<string, string | null>>;
}

/** What two values of a column are told apart by. */
export const exactly = ({ values, texts }: RawRow, name: string): unknown =>
  Object.hasOwn(texts, name) ? texts[name] : values[name];

export interface ReadTable {
  /** With its schema where that is not the first of the search_path. */
  readonly name: string;
  readonly columns: readonly ReadColumn[];
  /** The columns of the primary key; none where there is none. */
  readonly key: readonly string[];
  readonly rows: readonly RawRow[];
}

export interface ReadColumn {
  readonly name: string;
  readonly type: "timestamp" | "timestamptz" | "exact" | "exacts" | "plain" | "other";
}

interface Found extends Omit<ReadTable, "rows"> {
  readonly schema: string;
  readonly relation: string;
  readonly isPartitioned: boolean;
  /** Only a relation that has a page can have a row. */
  readonly mayHaveRows: boolean;
  /** Those of the key that order rows. */
  readonly order: readonly string[];
}

/** Tables that hold no row are among them. */
export async function readRows(db: Queryable): Promise<ReadTable[]> {
  const [document] = await documents(db, TABLES);
  const tables = JSON.parse(document ?? "[]") as Found[];
  const rows = tables.map((): RawRow[] => []);
  const queries = tables.flatMap((table, index) => (table.mayHaveRows ? [rowsOf(table, index)] : []));
  if (queries.length > 0) {
    for (const text of await documents(db, inOrder(queries))) {
      const [index, values, texts] = JSON.parse(text) as [number, RawRow["values"], RawRow["texts"]];
      rows[index]?.push({ values, texts });
    }
  }
  return tables.map(({ name, columns, key }, index) => ({ name, columns, key, rows: rows[index] ?? [] }));
}

const keyColumns = (condition: string): string =>
  `(select coalesce(jsonb_agg(a.attname order by k.n), '[]') from pg_constraint x, unnest(x.conkey) with ordinality k (attnum, n)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum join pg_type t on t.oid = a.atttypid
    where x.conrelid = c.oid and x.contype = 'p' and ${condition})`;

/** A domain is what it is made of. What is plain is the same text in JSON, or a number that JavaScript has. */
const TYPE = `case format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null)
    when 'timestamp without time zone' then 'timestamp' when 'timestamp with time zone' then 'timestamptz'
    when 'bigint' then 'exact' when 'numeric' then 'exact' when 'bigint[]' then 'exacts' when 'numeric[]' then 'exacts'
    else case when t.typtype = 'e' or coalesce(nullif(t.typbasetype, 0), t.oid) in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype,
      'text'::regtype, 'varchar'::regtype, 'uuid'::regtype, 'date'::regtype, 'bytea'::regtype) then 'plain' else 'other' end end`;

/** In a database beside the schemas of other units, only the unit's own; else every schema that is not Postgres' own. */
const IN_UNIT = `(n.nspname = current_schema()
    or current_schema() !~ '^it_[a-z0-9_]+$' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'drizzle'))`;

const TABLES = `select coalesce(jsonb_agg(jsonb_build_object(
    'schema', n.nspname, 'relation', c.relname,
    'name', case when n.nspname = current_schema() then '' else n.nspname || '.' end || c.relname,
    'isPartitioned', c.relkind = 'p',
    'mayHaveRows', c.relkind = 'p' or pg_relation_size(c.oid) > 0,
    'columns', (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', ${TYPE}) order by a.attnum), '[]')
      from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    'key', ${keyColumns("true")},
    'order', ${keyColumns("t.typcategory in ('N', 'D')")}) order by n.nspname <> current_schema(), n.nspname collate "C", c.relname collate "C"), '[]')::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${IN_UNIT} and c.relkind in ('r', 'p') and not c.relispartition
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/** The alias of every table. With a star it is the whole row, also where a column has that name. */
const ROW = "stored";

const inOrder = (queries: readonly string[]): string =>
  `select document from (${queries.join(" union all ")}) rows order by place, number`;

function rowsOf({ schema, relation, isPartitioned, columns, order }: Found, place: number): string {
  const exact = columns.flatMap(({ name, type }) =>
    type === "exact" || type === "exacts"
      ? [` || jsonb_build_object(${literal(name)}, ${ROW}.${ident(name)}::text${type === "exacts" ? "[]" : ""})`]
      : [],
  );
  const inexact = columns.filter(({ type }) => type === "exacts" || type === "other").map(({ name }) => name);
  const array = (of: readonly string[]): string => `array[${of.join(", ")}]::text[]`;
  const printed = inexact.map((name) => `${ROW}.${ident(name)}::text`);
  const texts = `jsonb_object(${array(inexact.map(literal))}, ${array(printed)})`;
  const written = ["xmin::text::bigint", "cmin::text::bigint", "ctid"];
  const by = [...order.map(ident), ...written].map((each) => `${ROW}.${each}`).join(", ");
  return `select ${place} as place, row_number() over (order by ${by}) as number,
    jsonb_build_array(${place}, to_jsonb(${ROW}.*)${exact.join("")}, ${texts})::text as document
    from ${isPartitioned ? "" : "only "}${qualified(schema, relation)} ${ROW}`;
}
