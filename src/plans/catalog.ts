/** What the server's catalogs say of a plan's tables and their indexes, and what a superuser may have the planner not know. */
import { rowsOf } from "../drivers/rows-of.ts";
import { literal } from "../sql/identifiers.ts";
import { nodesOf, type PlanNode } from "./plan-node.ts";
import type { Executing } from "./planning.ts";

export interface Index {
  readonly oid: number;
  readonly name: string;
  /** The index of the partitioned table, where it is one of a partition's; else its own name. */
  readonly calledName: string;
  /** Such as `btree`. */
  readonly method: string;
  readonly keys: readonly string[];
  /** Unique in the whole table. */
  readonly isUnique: boolean;
  /** Of an index on a part of its table. */
  readonly predicate: string | null;
}

export interface TableFacts {
  /** Of the partitioned table, where it is a partition; else its own. */
  readonly calledName: string;
  readonly isPartition: boolean;
  /** The partitioned table's name, or its own, as SQL writes it: with its schema only where that has to be. */
  readonly written: string;
  readonly indexes: readonly Index[];
}

export type Catalog = ReadonlyMap<string, TableFacts>;

/** A name of {@link Catalog}'s. A plan calls the schema of temporary tables `pg_temp`. */
export const tableKey = (schema: string | undefined, name: string | undefined): string =>
  JSON.stringify([schema, name]);

const tablesOf = (plan: PlanNode): { schema: string | undefined; name: string }[] =>
  nodesOf(plan).flatMap((node) => {
    const name = node["Relation Name"];
    return name === undefined ? [] : [{ schema: node.Schema, name }];
  });

/** Rows of `c` and `n`, with `t.schema` and `t.name` as plans have them. */
const among = (tables: readonly object[]): string =>
  `pg_catalog.jsonb_to_recordset(${literal(JSON.stringify(tables))}) t (schema text, name text)
     join pg_catalog.pg_class c on c.relname = t.name
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       and (t.schema = n.nspname or t.schema = 'pg_temp' and n.oid = pg_catalog.pg_my_temp_schema())`;

export async function readCatalog(transaction: Executing, plans: readonly PlanNode[]): Promise<Catalog> {
  const answer = await transaction.execute(
    `select distinct t.schema, t.name, c.relispartition as is_partition, root.relname as called,
            case when pg_catalog.pg_table_is_visible(root.oid) then '' else pg_catalog.quote_ident(space.nspname) || '.' end
              || pg_catalog.quote_ident(root.relname) as written,
            (select pg_catalog.json_agg(pg_catalog.json_build_object(
                'oid', i.indexrelid::int8, 'name', own.relname, 'method', am.amname, 'isUnique', i.indisunique and i.indpred is null,
                'calledName', coalesce((select relname from pg_catalog.pg_class where oid = pg_catalog.pg_partition_root(own.oid)), own.relname),
                'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid),
                'keys', (select pg_catalog.json_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, false) order by k)
                           from pg_catalog.generate_series(1, i.indnkeyatts) k)))::text
               from pg_catalog.pg_index i join pg_catalog.pg_class own on own.oid = i.indexrelid
               join pg_catalog.pg_am am on am.oid = own.relam
              where i.indrelid = c.oid) as indexes
       from ${among(plans.flatMap(tablesOf))}
       join pg_catalog.pg_class root
         on root.oid = case when c.relispartition then pg_catalog.pg_partition_root(c.oid)::oid else c.oid end
       join pg_catalog.pg_namespace space on space.oid = root.relnamespace`,
  );
  return new Map(
    rowsOf(answer).map((row) => [
      tableKey(String(row["schema"]), String(row["name"])),
      {
        calledName: String(row["called"]),
        isPartition: row["is_partition"] === true,
        written: String(row["written"]),
        indexes: JSON.parse(String(row["indexes"] ?? "[]")) as Index[],
      },
    ]),
  );
}

/** Which of these names no table has, in any schema. A view is not read: its tables are. */
export async function namesOfNothing(transaction: Executing, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const answer = await transaction.execute(
    `select name from pg_catalog.jsonb_array_elements_text(${literal(JSON.stringify(names))}) name
      where not exists (select from pg_catalog.pg_class where relname = name and relkind in ('r', 'p', 'f', 'm'))`,
  );
  return rowsOf(answer).map(({ name }) => String(name));
}

export async function isSuperuser(transaction: Executing): Promise<boolean> {
  const [row] = rowsOf(await transaction.execute("select current_setting('is_superuser') as may"));
  return row?.["may"] === "on";
}

/**
 * Has the tables of a plan be taken for tables that were never analyzed, as those of a new unit are: of one row that is known,
 * a lookup costs what a walk does, and the plan is decided by accident. Only a superuser may; for others, what is known counts.
 *
 * @param small - tables that may be read from end to end: a join begins with those
 */
export async function forgetRows(
  transaction: Executing,
  plan: PlanNode,
  catalog: Catalog,
  small: readonly string[],
): Promise<void> {
  const tables = tablesOf(plan);
  const isSmall = ({ schema, name }: (typeof tables)[number]): boolean =>
    small.includes(name) || small.includes(catalog.get(tableKey(schema, name))?.calledName ?? name);
  const oids = (some: readonly object[]): string =>
    `select c.oid from ${among(some)} where n.nspname not in ('pg_catalog', 'information_schema')`;
  await transaction.execute(`delete from pg_catalog.pg_statistic where starelid in (${oids(tables)})`);
  for (const [few, rows, pages] of [
    [false, -1, 0],
    [true, 1, 1],
  ] as const) {
    const some = tables.filter((table) => isSmall(table) === few);
    if (some.length === 0) continue;
    await transaction.execute(
      `update pg_catalog.pg_class set reltuples = ${rows}, relpages = ${pages} where oid in (${oids(some)})`,
    );
  }
}

/** Has the planner do without some indexes. Only a superuser may. */
export async function hideIndexes(transaction: Executing, oids: readonly number[]): Promise<void> {
  await transaction.execute(
    `update pg_catalog.pg_index set indisvalid = false where indexrelid in (${oids.map(Number).join(", ")})`,
  );
}
