/** The names in a schema, and who has them: the project, or an extension. */
import type { Session } from "../connections/session.ts";
import { KINDS } from "./kinds.ts";

export interface ObjectNames {
  readonly own: ReadonlySet<string>;
  /** name → extension */
  readonly members: ReadonlyMap<string, string>;
  /** Names that both have. A dump cannot be retargeted safely then. */
  readonly ambiguous: readonly string[];
}

/** Reads them in one query. */
export async function readObjectNames(session: Session, schema: string): Promise<ObjectNames> {
  const own = new Set<string>();
  const members = new Map<string, string>();
  const rows = await session.rows<{ name: string; extension: string | null }>(
    `select distinct name, extension from (${NAMED_OBJECTS}) objects where not implied`,
    [schema],
  );
  for (const { name, extension } of rows) {
    if (extension === null) own.add(name);
    else members.set(name, extension);
  }
  return { own, members, ambiguous: [...members.keys()].filter((name) => own.has(name)).sort() };
}

/** Selects the objects that have a name in the schema `$1`, and the extension that each is a member of. */
export const NAMED_OBJECTS: string = KINDS.flatMap(({ catalog, place }) => {
  if (!("name" in place)) return [];
  const { name, schema, implied = "false", borrowed = "false" } = place;
  return `select '${catalog}'::regclass::oid as classid, x.oid as objid, x.${name}::text as name,
    (select e.extname::text from pg_depend d join pg_extension e on e.oid = d.refobjid
      where d.classid = '${catalog}'::regclass and d.objid = x.oid and d.deptype = 'e') as extension,
    ${implied} as implied, ${borrowed} as borrowed
  from ${catalog} x where x.${schema} = (select oid from pg_namespace where nspname = $1::text)`;
}).join("\n  union all\n  ");
