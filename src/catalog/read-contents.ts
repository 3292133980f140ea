/** What relations hold: rows and the state of sequences, without the name of the schema that they are in. */
import type { Session } from "../connections/session.ts";
import { ident, literal, qualified } from "../sql/identifiers.ts";
import type { CatalogObject } from "./catalog-object.ts";
import { json } from "./expressions.ts";

/** A relation that holds rows, or a sequence. */
export interface Stored {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "m" | "S";
  /** Columns that hold the names of objects, which are printed with their schema. */
  readonly columns: readonly { readonly name: string; readonly naming: boolean }[] | null;
}

export async function readContents(session: Session, stored: readonly Stored[]): Promise<CatalogObject[]> {
  if (stored.length === 0) return [];
  return session.rows<CatalogObject>(stored.map(contentQuery).join("\nunion all\n"));
}

function contentQuery(relation: Stored): string {
  const { schema, name, kind } = relation;
  const from = qualified(schema, name);
  const labels = `${literal(schema)}::text as schema, ${kind === "S" ? "'sequence state'" : "'rows'"}::text as kind, quote_ident(${literal(name)}) as name`;
  if (kind === "S") {
    return `select ${labels}, ${json({ last: "last_value", called: "is_called" })} as definition from ${from}`;
  }
  // rows of different lengths find other places when they come in together, so their order says nothing
  const row = `md5(${rowText(relation)})`;
  const hash = `md5(string_agg(${row}, '' order by ${row}))`;
  return `select ${labels}, ${json({ count: "count(*)", hash })} as definition from only ${from} t having count(*) > 0`;
}

/** A row as text, without the name of the schema it is in. */
function rowText({ columns, schema }: Stored): string {
  if (!columns) return "t::text";
  const own = literal(`${ident(schema)}.`);
  const bare = literal(`${schema}.`);
  const values = columns.map(({ name, naming }) => {
    const value = `t.${ident(name)}`;
    if (!naming) return value;
    return `case ${value}::text when ${literal(schema)} then '@' else replace(replace(${value}::text, ${own}, '@.'), ${bare}, '@.') end`;
  });
  return `row(${values.join(", ")})::text`;
}

const NAMING_TYPES =
  "regclass,regproc,regprocedure,regoper,regoperator,regtype,regcollation,regconfig,regdictionary,regnamespace";

/**
 * Selects them from `rel`. Only relations that have a page can have a row. Outside of a schema of ours, those that may not
 * be read are passed over.
 */
export const storedQuery = (
  isOurs: boolean,
): string => `select c.nspname as schema, c.relname as name, c.relkind as kind,
  (select jsonb_agg(jsonb_build_object('name', a.attname, 'naming', a.naming) order by a.attnum)
    from (select a.attname, a.attnum, coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text = any (string_to_array('${NAMING_TYPES}', ',')) as naming
      from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a
    having bool_or(a.naming)) as columns
from rel c
where c.relkind = 'S' or (c.relkind in ('r', 'm') and c.relispopulated and pg_relation_size(c.oid) > 0)
${isOurs ? "" : "  and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)"}`;
