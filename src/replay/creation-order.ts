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

/** The statements of a dump, with those that make indexes and foreign keys as these were made. */
export function inCreationOrder(statements: readonly Statement[], order: CreationOrder): Statement[] {
  // what comes before is needed by something else, such as the primary key by which a view is grouped
  const start =
    statements.findLastIndex(({ words }) =>
      /^(insert|select|create (?!index|unique|trigger|constraint|rule|policy|statistics))/.test(
        words.slice(0, 2).join(" "),
      ),
    ) + 1;
  const rest = statements.slice(start);
  const made = rest.map(madeBy);
  const sorted = (kind: Made["kind"]): Statement[] =>
    rest
      .map((statement, at) => ({ statement, number: order.get(made[at]?.key ?? "") ?? 0, kind: made[at]?.kind }))
      .filter((each) => each.kind === kind)
      .sort((one, other) => one.number - other.number)
      .map(({ statement }) => statement);
  const firstKey = made.findIndex((each) => each?.kind === "foreign key");
  return [
    ...statements.slice(0, start),
    ...sorted("index"),
    ...rest.flatMap((statement, at) => {
      const own = made[at] ? [] : [statement];
      return at === firstKey ? [...sorted("foreign key"), ...own] : own;
    }),
  ];
}

interface Made {
  readonly kind: "index" | "foreign key";
  readonly key: string;
}

function madeBy({ words }: Statement): Made | undefined {
  if (words[0] === "create" && (words[1] === "index" || (words[1] === "unique" && words[2] === "index")))
    return { kind: "index", key: keyOf(words[words.indexOf("index") + 1] ?? "") };
  if (words[0] !== "alter" || words[1] !== "table") return undefined;
  const [, table = "", add, constraint, name = "", kind = ""] = words.slice(words[2] === "only" ? 3 : 2);
  if (add !== "add" || constraint !== "constraint") return undefined;
  if (kind === "foreign") return { kind: "foreign key", key: keyOf(table, name) };
  // its index has its name
  return /^(primary|unique|exclude)$/.test(kind) ? { kind: "index", key: keyOf(name) } : undefined;
}
