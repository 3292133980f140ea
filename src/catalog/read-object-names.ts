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
  const rows = await session.rows<{ name: string; extension: string | null }>(QUERY, [schema]);
  for (const { name, extension } of rows) {
    if (extension === null) own.add(name);
    else members.set(name, extension);
  }
  return { own, members, ambiguous: [...members.keys()].filter((name) => own.has(name)).sort() };
}

const QUERY: string = KINDS.flatMap(({ catalog, place }) => {
  if (!("name" in place)) return [];
  const { name, schema, implied } = place;
  return `select x.${name}::text as name, e.extname::text as extension
         from ${catalog} x
         left join pg_depend d on d.classid = '${catalog}'::regclass and d.objid = x.oid and d.deptype = 'e'
                              and d.refclassid = 'pg_extension'::regclass
         left join pg_extension e on e.oid = d.refobjid
        where x.${schema} = (select oid from pg_namespace where nspname = $1::text)${implied === undefined ? "" : ` and not (${implied})`}`;
}).join(" union ");
