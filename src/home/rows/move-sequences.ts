/**
 * Numbers that rows brought along are behind their column's sequence: what is inserted next does not collide. A sequence is moved
 * in its own direction only.
 */
import type { Session } from "../../connections/session.ts";
import { ident, literal, qualified } from "../../sql/identifiers.ts";
import { type LoadableTable, tableInSql } from "./loadable-tables.ts";

/** @param given - the columns that the rows had values for */
export async function moveSequences(session: Session, table: LoadableTable, given: readonly string[]): Promise<void> {
  for (const { column, schema, name } of table.sequences) {
    if (!given.includes(column)) continue;
    const sequence = qualified(schema, name);
    await session.script(
      `select setval(${literal(sequence)}::regclass, last::bigint)
         from (select case when s.seqincrement > 0 then max(t.value) else min(t.value) end as last, s.seqincrement, s.seqmin, s.seqmax
                 from pg_sequence s cross join (select floor(${ident(column)})::numeric as value from ${tableInSql(table)}) as t
                where s.seqrelid = ${literal(sequence)}::regclass group by s.seqincrement, s.seqmin, s.seqmax) as loaded, ${sequence} as now
        where last between seqmin and seqmax
          and (case when seqincrement > 0 then last > now.last_value else last < now.last_value end or (last = now.last_value and not now.is_called))`,
    );
  }
}
