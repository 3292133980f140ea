/**
 * Fills tables with made-up rows, parents before children: values by type, keys from parents, and what satisfies the checks on a
 * column alone. What a table refuses stays out, and is told.
 */
import { inForeignKeyOrder } from "../catalog/foreign-key-order.ts";
import type { Session } from "../connections/session.ts";
import { causeWords } from "../sql/failure.ts";
import { ident, literal, qualified } from "../sql/identifiers.ts";
import { literalParts, tokenize } from "../sql/lexer.ts";
import { isConnectionLost, postgresError } from "../sql/sqlstate.ts";
import { shownName } from "../words.ts";
import { FILLABLE, type FillableTable } from "./fillable-tables.ts";
import { type FillableColumn, oneOf, valueFor } from "./made-up-values.ts";
import type { Unfilled } from "./rehearsal.ts";

/** How many rows are tried one by one where a table refuses all at once. */
const ONE_BY_ONE = 500;

/** @param rows - how many in each table, or in the one that is named as `shownName()` does. 0 leaves a table as it is */
export async function fillTables(
  session: Session,
  rows: number | ((table: string, there: number) => number),
  says: (doing: string) => void = () => {},
): Promise<Unfilled[]> {
  const unfilled: Unfilled[] = [];
  const counts = new Map<number, number>();
  const tables = await session.rows<FillableTable & Record<string, unknown>>(FILLABLE);
  for (const table of inForeignKeyOrder(tables)) {
    const name = shownName(table);
    const wanted = typeof rows === "number" ? rows : rows(name, await count(session, table));
    says(`filling ${name}`);
    const why = wanted === 0 ? undefined : await fill(session, table, counts, wanted);
    const there = await count(session, table);
    counts.set(table.oid, there);
    if (there < wanted) unfilled.push({ table: name, rows: there, why: why ?? "its unique values ran out" });
  }
  await session.script("analyze");
  return unfilled;
}

async function count(session: Session, table: FillableTable): Promise<number> {
  const [row] = await session.rows<{ count: number }>(`select count(*)::float8 as count from ${nameInSql(table)}`);
  return row?.count ?? 0;
}

const nameInSql = ({ schema, name }: FillableTable): string => qualified(schema, name);

/** Why there are fewer rows, or none. */
async function fill(
  session: Session,
  table: FillableTable,
  counts: ReadonlyMap<number, number>,
  rows: number,
): Promise<string | undefined> {
  const joins: string[] = [];
  const values = new Map<string, string>();
  for (const [index, parent] of table.parents.entries()) {
    const count = parent.oid === table.oid ? 0 : (counts.get(parent.oid) ?? 0);
    if (count === 0 && parent.notNull) return `${parent.table}, which it refers to, has no rows`;
    const isNullable = (name: string): boolean =>
      table.columns.some((column) => column.name === name && !column.notNull);
    for (const [at, column] of parent.columns.entries()) {
      if (values.has(column)) continue;
      if (count > 0) values.set(column, `${ident(`parent${index}`)}.${ident(parent.keys[at] as string)}`);
      else if (isNullable(column)) values.set(column, "null");
    }
    if (count > 0) {
      const list = parent.keys.map(ident).join(", ");
      joins.push(
        `join (select row_number() over () as at, ${list} from ${qualified(parent.schema, parent.name)}) ${ident(`parent${index}`)} on ${ident(`parent${index}`)}.at = 1 + (i - 1) % ${count}`,
      );
    }
  }
  for (const column of table.columns) {
    if (values.has(column.name)) continue;
    const value = (await satisfying(session, column)) ?? valueFor(column);
    if (value !== undefined) values.set(column.name, value);
    else if (column.notNull) return `no value is known for its column ${column.name}, ${column.type}`;
  }
  const into = `insert into ${nameInSql(table)}`;
  const insert = (from: string, to: string): string =>
    values.size === 0
      ? `${into} select from generate_series(${from}::bigint, ${to}) as row(i)`
      : `${into} (${[...values.keys()].map(ident).join(", ")}) select ${[...values.values()].join(", ")}
          from generate_series(${from}::bigint, ${to}) as row(i) ${joins.join(" ")} on conflict do nothing`;
  try {
    await session.script(insert("1", String(rows)));
    return undefined;
  } catch (error) {
    if (!postgresError(error) || isConnectionLost(error)) throw error;
    const tries = Math.min(rows, ONE_BY_ONE);
    await session.script(
      `do ${literal(`begin for k in 1..${tries} loop begin ${insert("k", "k")}; exception when others then null; end; end loop; end`)}`,
    );
    return causeWords(error).split("\n")[0];
  }
}

/** Values for a column with checks on it alone: the literals in them, what is beside those, and small numbers, as far as they pass. */
async function satisfying(session: Session, { name, type, checks }: FillableColumn): Promise<string | undefined> {
  if (checks.length === 0) return undefined;
  const literals = checks.flatMap((check) =>
    tokenize(check).flatMap((token) =>
      token.kind === "number" ? beside(Number(token.text)) : (literalParts(token)?.content.replaceAll("''", "'") ?? []),
    ),
  );
  const candidates = [...new Set([...literals, ...Array.from({ length: 20 }, (_, index) => `${index + 1}`)])];
  const passing: string[] = [];
  for (const candidate of candidates) {
    const found = await session
      .rows(
        `select from (select ${literal(candidate)}::${type} as ${ident(name)}) as one where ${checks.join(" and ")}`,
      )
      // some are no values of that type
      .catch(() => []);
    if (found.length > 0) passing.push(candidate);
  }
  return passing.length === 0 ? undefined : oneOf(passing, type);
}

const beside = (number: number): string[] => [number - 1, number, number + 1].map(String);
