/**
 * The order in which Postgres goes through indexes and foreign keys is the one in which they were made: it decides which of two
 * violated constraints fails, and whether a cascade comes before a restriction. A dump has them by name.
 */
import type { Session } from "../connections/session.ts";
import type { Statement } from "../sql/statements.ts";

/** The numbers that Postgres gave to indexes, by their names, and to foreign keys, by those of their tables and their own. */
export type CreationOrder = ReadonlyMap<string, number>;

const keyOf = (...names: readonly string[]): string => JSON.stringify(names);

export async function readCreationOrder(session: Session, schema: string): Promise<CreationOrder> {
  const rows = await session.rows<{ names: string[]; number: number }>(ORDER, [schema]);
  return new Map(rows.map(({ names, number }) => [keyOf(...names), number]));
}

const ORDER = `
  with rel as (select c.* from pg_class c where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = $1::text))
  select jsonb_build_array(c.relname) as names, c.oid::bigint::float8 as number from rel c where c.relkind in ('i', 'I')
  union all
  select jsonb_build_array(c.relname, x.conname), x.oid::bigint::float8 from rel c join pg_constraint x on x.conrelid = c.oid and x.contype = 'f'`;

/**
 * The statements of a dump, with those that make indexes, and those that make foreign keys, as these were made: all of them
 * where the first one stands. Only the indexes of a materialized view that comes after some index, since it needs that, stay behind.
 */
export function inCreationOrder(statements: readonly Statement[], order: CreationOrder): Statement[] {
  const made = statements.map(madeBy);
  const first = made.findIndex((each) => each !== undefined);
  const late = new Set(statements.slice(first).flatMap(({ words }) => (words[1] === "materialized" ? [words[4]] : [])));
  const groups = new Map<string, { readonly statement: Statement; readonly number: number }[]>();
  const places = statements.map((statement, at) => {
    const each = made[at];
    if (!each) return [{ statement }];
    const name = each.kind === "index" && late.has(each.table) ? `index of ${each.table}` : each.kind;
    const group = groups.get(name);
    const one = { statement, number: order.get(each.key) ?? 0 };
    group?.push(one);
    if (group) return [];
    groups.set(name, [one]);
    return groups.get(name) ?? [];
  });
  for (const group of groups.values()) group.sort((one, other) => one.number - other.number);
  return places.flat().map(({ statement }) => statement);
}

interface Made {
  readonly kind: "index" | "foreign key";
  readonly key: string;
  readonly table: string;
}

function madeBy({ words }: Statement): Made | undefined {
  if (words[0] === "create" && (words[1] === "index" || (words[1] === "unique" && words[2] === "index"))) {
    const [name = "", , ...on] = words.slice(words.indexOf("index") + 1);
    return { kind: "index", key: keyOf(name), table: (on[0] === "only" ? on[2] : on[1]) ?? "" };
  }
  if (words[0] !== "alter" || words[1] !== "table") return undefined;
  const [, table = "", add, constraint, name = "", kind = ""] = words.slice(words[2] === "only" ? 3 : 2);
  if (add !== "add" || constraint !== "constraint") return undefined;
  if (kind === "foreign") return { kind: "foreign key", key: keyOf(table, name), table };
  // its index has its name
  return /^(primary|unique|exclude)$/.test(kind) ? { kind: "index", key: keyOf(name), table } : undefined;
}
