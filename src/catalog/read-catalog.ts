/**
 * What a schema, or the database around it, consists of: one entry per object, whose definition changes whenever the
 * object would. Members of extensions are left out. Everything is deparsed under the session's pinned `search_path`,
 * so that each name outside pg_catalog is qualified.
 */

import type { Session } from "../connections/session.ts";
import { ident, literal, qualified } from "../sql/identifiers.ts";
import { comment, exploded, FIRST_USER_OID, isMember, json, type Part, part } from "./kind.ts";
import { DATABASE_PARTS } from "./kinds-of-database.ts";
import { RELATION_PARTS } from "./kinds-of-relations.ts";
import { TYPE_PARTS } from "./kinds-of-types.ts";

/** One object. Names of parts begin with what they are part of: `users.email`. */
export interface CatalogObject {
  /** Empty for what belongs to the database or the cluster. */
  readonly schema: string;
  /** In words: "table", "column", "check", "event trigger" … */
  readonly kind: string;
  /** Quoted where SQL would need it, without its schema. */
  readonly name: string;
  /** JSON, its keys in a stable order. */
  readonly definition: string;
}

/** One schema, or all that is outside of one: the other schemas, the database, and what belongs to the cluster. */
export type CatalogScope = { readonly schema: string } | { readonly outside: string };

/**
 * Reads the catalog, in a stable order. The session must not be used by somebody else meanwhile.
 *
 * @param options.contents - whether rows and the state of sequences belong to it; in somebody's real database they are many
 */
export async function readCatalog(
  session: Session,
  scope: CatalogScope,
  { contents = true }: { readonly contents?: boolean } = {},
): Promise<CatalogObject[]> {
  const parameters = ["schema" in scope ? scope.schema : scope.outside];
  const objects = await pinned(session, async () => {
    // each is one round trip: postgres.js sends the second query without waiting for the first
    const [parts, stored] = await Promise.all([
      partsThere(session, scope),
      contents ? session.rows<Stored>(storedQuery(scope), parameters) : [],
    ]);
    const [objects, rows] = await Promise.all([
      session.rows<CatalogObject>(catalogQuery(scope, parts), parameters),
      readContents(session, stored),
    ]);
    return [...objects, ...rows];
  });
  return objects.sort((a, b) => compare(a.schema, b.schema) || compare(a.kind, b.kind) || compare(a.name, b.name));
}

/** What decides how definitions and rows are printed. */
const PRINTING: Readonly<Record<string, string>> = {
  search_path: "pg_catalog",
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  row_security: "off",
  // a query over every catalog looks expensive, and would be compiled for longer than it runs
  jit: "off",
};

/** Runs `work` with the settings that definitions are printed under, and puts the session's own back. */
export async function pinned<T>(session: Session, work: () => Promise<T>): Promise<T> {
  const apply = (settings: object): Promise<{ name: string; was: string }[]> =>
    session.rows(
      `select name, was, set_config(name, value, false)
        from (select key as name, value, current_setting(key) as was from jsonb_each_text($1::text::jsonb) offset 0) settings`,
      [JSON.stringify(settings)],
    );
  const before = await apply(PRINTING);
  const restore = (): Promise<unknown> => apply(Object.fromEntries(before.map(({ name, was }) => [name, was])));
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // a transaction that failed refuses this too, and takes the settings back by itself
    await restore().catch(() => {});
    throw error;
  }
  await restore();
  return result;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const DATABASE_NAMESPACES = `nspname !~ '^pg_(toast|temp)' and nspname <> $1::text`;

const withNamespaces = (scope: CatalogScope): string => `with ns as materialized (
  select oid, nspname from pg_namespace where ${"schema" in scope ? "nspname = $1::text" : DATABASE_NAMESPACES}
), rel as materialized (
  select n.nspname, c.* from pg_class c join ns n on n.oid = c.relnamespace
  where c.oid >= ${FIRST_USER_OID} and not ${isMember("pg_class", "c.oid")}
    -- a composite type of an extension is recorded as a type only
    and not (c.relkind = 'c' and ${isMember("pg_type", "c.reltype")})
)`;

/**
 * What the owner of a schema may do there goes without saying, and differs by its nature: `public` has an owner of
 * its own kind. That everybody may look into it is made so only in units that name another role than their owner.
 * The comment that `public` is born with is none.
 */
const ONE_SCHEMA: Part = part(`
select n.nspname, 'schema', 'itself', ${json({
  grants: exploded(
    "coalesce(s.nspacl, acldefault('n', s.nspowner))",
    "s.nspowner",
    `ace.grantee in (s.nspowner, 'pg_database_owner'::regrole, (select r.oid from pg_roles r where r.rolname = current_user))
      or (ace.grantee = 0 and ace.privilege_type = 'USAGE')`,
  ),
  comment: `nullif(${comment("pg_namespace", "s.oid")}, 'standard public schema')`,
})} from ns n join pg_namespace s on s.oid = n.oid`);

/** Those parts of the catalog that the database has something for. */
async function partsThere(session: Session, scope: CatalogScope): Promise<Part[]> {
  const parts = [...RELATION_PARTS, ...TYPE_PARTS, ...("schema" in scope ? [ONE_SCHEMA] : DATABASE_PARTS)];
  const conditions = [...new Set(parts.flatMap(({ where }) => where ?? []))];
  const [row] = await session.rows<{ hold: boolean[] }>(`select to_jsonb(array[${conditions.join(", ")}]) as hold`);
  const hold = new Set(conditions.filter((_, index) => row?.hold[index]));
  return parts.filter(({ where }) => where === undefined || hold.has(where));
}

function catalogQuery(scope: CatalogScope, parts: readonly Part[]): string {
  return `${withNamespaces(scope)}
select * from (${parts.map(({ select }) => `(${select})`).join("\nunion all\n")}) as objects (schema, kind, name, definition)`;
}

/** A relation that holds rows, or a sequence. */
interface Stored {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "m" | "S";
  /** Columns that hold the names of objects, which are printed with their schema. */
  readonly columns: readonly { readonly name: string; readonly naming: boolean }[] | null;
}

const NAMING_TYPES =
  "regclass,regproc,regprocedure,regoper,regoperator,regtype,regcollation,regconfig,regdictionary,regnamespace";

/** Only relations that have a page can have a row. Those of others that may not be read are passed over. */
const storedQuery = (scope: CatalogScope): string => `${withNamespaces(scope)}
select c.nspname as schema, c.relname as name, c.relkind as kind,
  (select jsonb_agg(jsonb_build_object('name', a.attname, 'naming', a.naming) order by a.attnum)
    from (select a.attname, a.attnum, coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text = any (string_to_array('${NAMING_TYPES}', ',')) as naming
      from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a
    having bool_or(a.naming)) as columns
from rel c
where c.relkind = 'S' or (c.relkind in ('r', 'm') and c.relispopulated and pg_relation_size(c.oid) > 0)
${"schema" in scope ? "" : "  and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)"}`;

async function readContents(session: Session, stored: readonly Stored[]): Promise<CatalogObject[]> {
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
