/** Rows of JSON, which Postgres itself turns into values: long numbers stay what they are, and a column without a key has its default. */
import type { Session } from "../../connections/session.ts";
import { ident } from "../../sql/identifiers.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../../sql/sqlstate.ts";
import { type LoadableTable, tableInSql, whyNoColumn } from "./loadable-tables.ts";
import { moveSequences } from "./move-sequences.ts";
import type { JsonRows } from "./row-source.ts";

/** A row that can't be inserted, by its place in the file, or in what the file has for a table: 1 is the first. */
export class RowError extends Error {
  readonly place: string;
  constructor({ row, at }: { readonly row: number; readonly at: string | undefined }, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.place = at === undefined ? `Row ${row} of the` : `Row ${row} of ${JSON.stringify(at)} in the`;
  }
}

/** Rows that have the same keys, by their places. */
interface Shape {
  readonly keys: readonly string[];
  readonly rows: number[];
}

/** What is inserted by one statement each. */
export function shapesOf({ keys }: JsonRows): Shape[] {
  const shapes = new Map<string, Shape>();
  for (const [index, ofRow] of keys.entries()) {
    const sorted = [...ofRow].sort();
    const name = JSON.stringify(sorted);
    const shape = shapes.get(name) ?? { keys: sorted, rows: [] };
    shape.rows.push(index + 1);
    shapes.set(name, shape);
  }
  return [...shapes.values()];
}

/** @throws RowError; what Postgres says of all rows together, as of a foreign key */
export async function insertJson(session: Session, table: LoadableTable, source: JsonRows): Promise<void> {
  for (const shape of shapesOf(source)) {
    assertColumns(table, source, shape);
    await session.script("savepoint rows");
    try {
      await insert(session, table, source, shape);
    } catch (error) {
      if (!postgresError(error) || isConnectionLost(error)) throw error;
      // its detail names the key
      if (postgresError(error)?.code === SQLSTATE.foreignKeyViolation) throw error;
      await session.script("rollback to savepoint rows");
      for (const row of shape.rows)
        await insert(session, table, source, { ...shape, rows: [row] }).catch((cause: unknown) => {
          throw new RowError({ row, at: source.at }, cause);
        });
      throw error;
    }
    await session.script("release savepoint rows");
    // the next rows may be without a number
    await moveSequences(session, table, shape.keys);
  }
}

async function insert(
  session: Session,
  table: LoadableTable,
  { text, at }: JsonRows,
  { keys, rows }: Shape,
): Promise<void> {
  const into = tableInSql(table);
  if (keys.length === 0) return session.script(rows.map(() => `insert into ${into} default values`).join("; "));
  const columns = keys.map(ident).join(", ");
  await session.rows(
    `insert into ${into} (${columns}) overriding system value
     select ${keys.map((key) => `one.${ident(key)}`).join(", ")}
       from json_array_elements(case when $3::text is null then $1::text::json else $1::text::json -> $3::text end) with ordinality as all_rows(value, at)
            join json_array_elements_text($2::text::json) as chosen(at) on chosen.at::bigint = all_rows.at
            cross join lateral json_populate_record(null::${into}, all_rows.value) as one
      order by all_rows.at`,
    [text, JSON.stringify(rows), at ?? null],
  );
}

// Postgres leaves out keys that it does not know, in silence
function assertColumns(table: LoadableTable, { at }: JsonRows, { keys, rows }: Shape): void {
  const unknown = keys.find((key) => !table.columns.includes(key));
  if (unknown === undefined) return;
  throw new RowError({ row: rows[0] as number, at }, whyNoColumn(table, unknown));
}
