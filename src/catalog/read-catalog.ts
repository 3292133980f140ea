/**
 * What a schema, or the database around it, consists of: one entry per object, whose definition changes whenever the
 * object would. Members of extensions are left out. Everything is deparsed under the session's pinned `search_path`,
 * so that each name outside pg_catalog is qualified.
 */
import type { Session } from "../connections/session.ts";
import { literal, qualified } from "../sql/identifiers.ts";
import { FIRST_USER_OID, isMember, json } from "./expressions.ts";
import type { Definition } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import { pinned } from "./pinned.ts";

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
 * Reads the catalog, with rows and the state of sequences, in a stable order. The session must not be used by somebody
 * else meanwhile.
 */
export async function readCatalog(session: Session, scope: CatalogScope): Promise<CatalogObject[]> {
  const parameters = ["schema" in scope ? scope.schema : scope.outside];
  const objects = await pinned(session, async () => {
    // one round trip: postgres.js sends the second query without waiting for the first
    const [definitions, stored] = await Promise.all([
      definitionsThere(session, scope),
      session.rows<Stored>(storedQuery(scope), parameters),
    ]);
    const selects = [...definitions.map(definitionQuery), ...stored.map(contentQuery)];
    const query = `${withRelations(scope)}
select * from (${selects.join("\nunion all\n")}) as objects (schema, kind, name, definition)`;
    return session.rows<CatalogObject>(query, parameters);
  });
  return objects.sort(inOrder);
}

/** Of the catalog only the rows, and where sequences stand. */
export async function readContents(session: Session, scope: CatalogScope): Promise<CatalogObject[]> {
  const parameters = ["schema" in scope ? scope.schema : scope.outside];
  const objects = await pinned(session, async () => {
    const stored = await session.rows<Stored>(storedQuery(scope), parameters);
    return stored.length === 0
      ? []
      : session.rows<CatalogObject>(
          `select * from (${stored.map(contentQuery).join("\nunion all\n")}) as objects (schema, kind, name, definition)`,
        );
  });
  return objects.sort(inOrder);
}

const inOrder = (a: CatalogObject, b: CatalogObject): number =>
  compare(a.schema, b.schema) || compare(a.kind, b.kind) || compare(a.name, b.name);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Those that the database has something for. */
async function definitionsThere(session: Session, scope: CatalogScope): Promise<Definition[]> {
  const wanted = KINDS.flatMap(({ definitions }) => definitions).filter(
    ({ only }) => only === undefined || only in scope,
  );
  const conditions = [...new Set(wanted.flatMap(({ there }) => there ?? []))];
  const [row] = await session.rows<{ hold: boolean[] }>(`select to_jsonb(array[${conditions.join(", ")}]) as hold`);
  const hold = new Set(conditions.filter((_, index) => row?.hold[index]));
  return wanted.filter(({ there }) => there === undefined || hold.has(there));
}

const definitionQuery = ({ object, fields, data, from }: Definition): string =>
  `(select ${object.join(", ")}, ${json({ ...fields, ...data })} from ${from})`;

const OTHER_SCHEMAS = `nspname !~ '^pg_(toast|temp)' and nspname <> $1::text`;

/** What definitions select from: the schemas wanted, and their relations. */
const withRelations = (scope: CatalogScope): string => `with ns as materialized (
  select oid, nspname from pg_namespace where ${"schema" in scope ? "nspname = $1::text" : OTHER_SCHEMAS}
), rel as materialized (
  select n.nspname, c.* from pg_class c join ns n on n.oid = c.relnamespace
  where c.oid >= ${FIRST_USER_OID} and not ${isMember("pg_class", "c.oid")}
    -- a composite type of an extension is recorded as a type only
    and not (c.relkind = 'c' and ${isMember("pg_type", "c.reltype")})
)`;

/** A relation that holds rows, or a sequence. */
interface Stored {
  readonly schema: string;
  readonly name: string;
  readonly kind: "r" | "m" | "S";
}

/** Only relations that have a page can have a row. Outside of a schema of ours, those that may not be read are passed over. */
const storedQuery = (scope: CatalogScope): string => `${withRelations(scope)}
select c.nspname as schema, c.relname as name, c.relkind as kind
from rel c
where c.relkind = 'S' or (c.relkind in ('r', 'm') and c.relispopulated and pg_relation_size(c.oid) > 0)
${"schema" in scope ? "" : "  and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)"}`;

function contentQuery({ schema, name, kind }: Stored): string {
  const from = qualified(schema, name);
  const object = (kind: string): string => `${literal(schema)}, '${kind}', quote_ident(${literal(name)})`;
  if (kind === "S")
    return `select ${object("sequence state")}, ${json({ last: "last_value", called: "is_called" })} from ${from}`;
  // rows of different lengths find other places when they come in together, so their order says nothing
  const row = "md5(t::text)";
  const hash = `md5(string_agg(${row}, '' order by ${row}))`;
  return `select ${object("rows")}, ${json({ count: "count(*)", hash })} from only ${from} t having count(*) > 0`;
}
