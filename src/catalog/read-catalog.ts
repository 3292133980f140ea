/**
 * What a schema, or the database around it, consists of: one entry per object, whose definition changes whenever the
 * object would. Members of extensions are left out. Everything is deparsed under the session's pinned `search_path`,
 * so that each name outside pg_catalog is qualified.
 */

import type { Session } from "../connections/session.ts";
import type { CatalogObject } from "./catalog-object.ts";
import { FIRST_USER_OID, isMember, json } from "./expressions.ts";
import type { Definition } from "./kind.ts";
import { KINDS } from "./kinds.ts";
import { pinned } from "./pinned.ts";
import { readContents, type Stored, storedQuery } from "./read-contents.ts";

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
    const [definitions, stored] = await Promise.all([
      definitionsThere(session, scope),
      contents ? session.rows<Stored>(`${withRelations(scope)}\n${storedQuery("schema" in scope)}`, parameters) : [],
    ]);
    const [objects, rows] = await Promise.all([
      session.rows<CatalogObject>(catalogQuery(scope, definitions), parameters),
      readContents(session, stored),
    ]);
    return [...objects, ...rows];
  });
  return objects.sort((a, b) => compare(a.schema, b.schema) || compare(a.kind, b.kind) || compare(a.name, b.name));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Those that the database has something for. */
async function definitionsThere(session: Session, scope: CatalogScope): Promise<Definition[]> {
  const all = KINDS.flatMap(({ definitions }) => ("none" in definitions ? [] : definitions));
  const wanted = all.filter(({ only }) => only === undefined || only in scope);
  const conditions = [...new Set(wanted.flatMap(({ there }) => there ?? []))];
  const [row] = await session.rows<{ hold: boolean[] }>(`select to_jsonb(array[${conditions.join(", ")}]) as hold`);
  const hold = new Set(conditions.filter((_, index) => row?.hold[index]));
  return wanted.filter(({ there }) => there === undefined || hold.has(there));
}

function catalogQuery(scope: CatalogScope, definitions: readonly Definition[]): string {
  const selects = definitions.map(
    ({ object, fields, data, from }) => `(select ${object.join(", ")}, ${json({ ...fields, ...data })} from ${from})`,
  );
  return `${withRelations(scope)}
select * from (${selects.join("\nunion all\n")}) as objects (schema, kind, name, definition)`;
}

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
