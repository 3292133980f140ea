/** The names in a blueprint's `public`, and who has them: the project, or an extension. */
import type { Session } from "../connections/session.ts";

export interface ObjectNames {
  readonly own: ReadonlySet<string>;
  /** name → extension */
  readonly members: ReadonlyMap<string, string>;
  /** Names that both have. A dump cannot be retargeted safely then. */
  readonly ambiguous: readonly string[];
}

/** Every catalog whose rows live in a schema: table, name column, namespace column. */
const NAMED: readonly (readonly [catalog: string, name: string, namespace: string])[] = [
  ["pg_class", "relname", "relnamespace"],
  ["pg_type", "typname", "typnamespace"],
  ["pg_proc", "proname", "pronamespace"],
  ["pg_operator", "oprname", "oprnamespace"],
  ["pg_opclass", "opcname", "opcnamespace"],
  ["pg_opfamily", "opfname", "opfnamespace"],
  ["pg_collation", "collname", "collnamespace"],
  ["pg_conversion", "conname", "connamespace"],
  ["pg_ts_config", "cfgname", "cfgnamespace"],
  ["pg_ts_dict", "dictname", "dictnamespace"],
  ["pg_ts_parser", "prsname", "prsnamespace"],
  ["pg_ts_template", "tmplname", "tmplnamespace"],
  ["pg_statistic_ext", "stxname", "stxnamespace"],
];

/**
 * Rows of a catalog that come with another object of the same name, or one made from it, and belong to whom that belongs:
 * a relation has a row type, a composite type has a relation, every type has an array.
 */
const IMPLIED: Readonly<Record<string, string>> = {
  pg_class: " and o.relkind <> 'c'",
  pg_type: ` and not exists (select from pg_type element where element.typarray = o.oid)
          and not exists (select from pg_class c where c.oid = o.typrelid and c.relkind <> 'c')`,
};

/** Reads them in one query. */
export async function readObjectNames(session: Session, schema: string): Promise<ObjectNames> {
  const each = NAMED.map(
    ([catalog, name, namespace]) =>
      `select o.${name}::text as name, e.extname::text as extension
         from ${catalog} o
         left join pg_depend d on d.classid = '${catalog}'::regclass and d.objid = o.oid and d.deptype = 'e'
                              and d.refclassid = 'pg_extension'::regclass
         left join pg_extension e on e.oid = d.refobjid
        where o.${namespace} = (select oid from pg_namespace where nspname = $1::text)${IMPLIED[catalog] ?? ""}`,
  );
  const own = new Set<string>();
  const members = new Map<string, string>();
  const rows = await session.rows<{ name: string; extension: string | null }>(each.join(" union "), [schema]);
  for (const { name, extension } of rows) {
    if (extension === null) own.add(name);
    else members.set(name, extension);
  }
  return { own, members, ambiguous: [...members.keys()].filter((name) => own.has(name)).sort() };
}
