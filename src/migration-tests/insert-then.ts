/** Inserts rows by a table of the present schema into a database of the past: what is not there yet is left out. */
import { getTableColumns, getTableName, is, SQL, sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Asking, Context } from "../drivers/driver.ts";
import { TestDbError } from "../errors.ts";
import { literal, qualified } from "../sql/identifiers.ts";

interface Executes {
  execute(query: SQL): PromiseLike<unknown>;
}

/** @throws TestDbError `OPTION_INVALID` where there is no such table then */
export async function insertThen(
  asking: Asking,
  { db }: Context<Executes, unknown>,
  table: PgTable,
  given: object | readonly object[],
): Promise<void> {
  const rows = (Array.isArray(given) ? given : [given]) as readonly Record<string, unknown>[];
  if (rows.length === 0) return;
  const { schema = "public" } = getTableConfig(table);
  const there = await columnsThen(asking, qualified(schema, getTableName(table)));
  if (!there) throw noTable(getTableName(table));
  const columns = Object.entries(getTableColumns(table)).filter(([, { name }]) => there.includes(name));
  if (columns.length === 0) throw noTable(getTableName(table));
  const names = columns.map(([, { name }]) => sql.identifier(name));
  const values = rows.map(
    (row) =>
      sql`(${sql.join(
        columns.map(([key, column]) => sqlOf(row[key], column)),
        sql`, `,
      )})`,
  );
  await db.execute(sql`insert into ${table} (${sql.join(names, sql`, `)}) values ${sql.join(values, sql`, `)}`);
}

type Column = ReturnType<typeof getTableColumns>[string];

function sqlOf(given: unknown, column: Column): SQL {
  const value = given === undefined ? (column.defaultFn ?? column.onUpdateFn)?.() : given;
  if (value === undefined) return sql`default`;
  if (value === null) return sql`null`;
  return is(value, SQL) ? value : sql`${sql.param(value, column)}`;
}

/** Undefined where there is no such table. */
async function columnsThen(asking: Asking, name: string): Promise<string[] | undefined> {
  const { value } = await asking.ask(
    `select json_agg(attname)::text from pg_catalog.pg_attribute where attrelid = to_regclass(${literal(name)}) and attnum > 0 and not attisdropped`,
  );
  return value === null ? undefined : (JSON.parse(value) as string[]);
}

const noTable = (name: string): TestDbError =>
  new TestDbError("OPTION_INVALID", {
    what: `There is no table ${name} at this point of the history`,
    why: "it is made later, or had another name then",
    next: "insert by the name that it has here: past.db.execute(sql`insert into …`)",
  });
