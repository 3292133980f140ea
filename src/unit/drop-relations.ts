/**
 * Drops what is in a schema, a few relations at a time. A transaction that drops a whole schema holds some eight locks for
 * each table until it ends, and all transactions of a server share one table of locks.
 */
import type { Session } from "../connections/session.ts";
import { ident } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";

/** How many relations are dropped in one transaction, unless that takes too many locks. */
const PART = 16;

const KINDS: Readonly<Record<string, string>> = {
  r: "table",
  p: "table",
  f: "foreign table",
  v: "view",
  m: "materialized view",
  S: "sequence",
};

/** Partitions before their tables, tables before the sequences that they own; members of extensions stay. */
const NEXT = `
  select c.relname as name, c.relkind::text as kind
    from pg_class c
   where c.relnamespace = (select oid from pg_namespace where nspname = $1::text) and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   order by exists (select from pg_inherits i where i.inhparent = c.oid), c.relkind = 'S', c.oid
   limit $2::int`;

/**
 * Empties the schema of relations. The caller has the unit for itself: after a crash half-way, what is left is no unit any more.
 */
export async function dropRelations(session: Session, schema: string): Promise<void> {
  for (let part = PART; ; ) {
    const relations = await session.rows<{ name: string; kind: string }>(NEXT, [schema, part]);
    if (relations.length === 0) return;
    const drops = relations.map(
      ({ name, kind }) => `drop ${KINDS[kind]} if exists ${ident(schema)}.${ident(name)} cascade`,
    );
    try {
      await session.script(drops.join(";\n"));
    } catch (error) {
      if (part === 1 || !isTooLarge(error)) throw error;
      part = part >> 1;
    }
  }
}

/** Whether the server's memory was too small for a transaction: as a rule, its table of locks. */
export const isTooLarge = (error: unknown): boolean => postgresError(error)?.code === SQLSTATE.outOfMemory;
