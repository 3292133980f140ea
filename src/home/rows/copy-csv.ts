/** A file's text goes to Postgres as it is, by COPY, which knows CSV: an empty value is null, `""` is empty text. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Session } from "../../connections/session.ts";
import { ident } from "../../sql/identifiers.ts";
import { type LoadableTable, tableInSql, whyNoColumn } from "./loadable-tables.ts";
import { moveSequences } from "./move-sequences.ts";
import type { CsvRows } from "./row-source.ts";

/** @throws Error for a column that the table does not have; what Postgres says, with the line in its `where` */
export async function copyCsv(
  session: Session,
  table: LoadableTable,
  { file, columns, start }: CsvRows,
): Promise<void> {
  const unknown = columns.find((column) => !table.columns.includes(column));
  if (unknown !== undefined) throw new Error(whyNoColumn(table, unknown));
  const into = `${tableInSql(table)} (${columns.map(ident).join(", ")})`;
  const query = session.client.unsafe(`copy ${into} from stdin (format csv, header match, encoding 'UTF8')`);
  // the driver says of its stream what fails before the last byte is sent, and of its query alone what fails afterwards
  const rejecting = query as unknown as { reject(error: unknown): void };
  const failed = new Promise<never>((_, reject) => {
    const first = rejecting.reject;
    rejecting.reject = (error) => {
      first.call(query, error);
      reject(error);
    };
  });
  failed.catch(() => {});
  const stream = await query.writable();
  await Promise.race([pipeline(createReadStream(file, { start }), stream), failed]);
  await moveSequences(session, table, columns);
}
