/** The tables of a standing database, without the journal and what extensions brought. */
import { FIRST_USER_OID, isMember } from "../catalog/expressions.ts";
import type { Session } from "../connections/session.ts";
import { literal, qualified } from "../sql/identifiers.ts";
import { shownName } from "../words.ts";

export interface Relation {
  readonly schema: string;
  readonly name: string;
  /** The name as SQL has it, in quotes where it needs them. */
  readonly quoted: string;
  /** A table, a partitioned table, a materialized view or a sequence. */
  readonly kind: "r" | "p" | "m" | "S";
  /** Of tables: those whose values are stored. */
  readonly columns: readonly string[];
  /** Those of them in which the same migrations put the same each time, as far as defaults tell: no random values, and no time. */
  readonly steady: readonly string[];
  /** Of a materialized view: whether it was ever filled. */
  readonly isPopulated: boolean;
  /** False where row security keeps its rows even from its owner. */
  readonly isReadable: boolean;
}

/** In the order in which they were made. */
export const readRelations = (session: Session): Promise<Relation[]> =>
  session.rows<Relation & Record<string, unknown>>(
    `with recursive ${VARYING}
     select n.nspname as schema, c.relname as name, quote_ident(c.relname) as quoted, c.relkind as kind, c.relispopulated as "isPopulated",
            has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as "isReadable",
            coalesce((select jsonb_agg(a.attname order by a.attnum) from pg_attribute a
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''), '[]') as columns,
            coalesce((select jsonb_agg(a.attname order by a.attname) from pg_attribute a
                       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                         and not exists (select from varying v where v.relation = c.oid and v.number = a.attnum)), '[]') as steady
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.oid >= ${FIRST_USER_OID} and c.relkind in ('r', 'p', 'm', 'S') and c.relpersistence <> 't' and ${IS_PROJECTS}
      order by c.oid`,
  );

/**
 * SQL: columns of which the default may be another each time, and those that refer to them. Postgres does not record which of its own
 * functions an expression calls.
 */
const VARYING = String.raw`varying (relation, number) as (
       select d.adrelid, d.adnum
         from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum and a.attgenerated = '',
              lateral regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z ]+\([0-9, ]+\)', '', 'g') e
        where e !~ '^nextval\(' and e ~* '\w"?\(|\m(current|local|session)_?(date|time|timestamp|user|role|catalog|schema)?\M|''now'''
       union
       select k.conrelid, k.conkey[i] from varying v join pg_constraint k on k.contype = 'f' and k.confrelid = v.relation,
              generate_subscripts(k.confkey, 1) i where k.confkey[i] = v.number)`;

/** SQL: whether a relation, `c` in the schema `n`, is the project's. */
export const IS_PROJECTS: string = `n.nspname !~ '^pg_' and not ${isMember("pg_class", "c.oid")}
    and not (n.nspname = 'drizzle' and c.relname ~ '^__drizzle_migrations')`;

export const isTable = ({ kind }: Relation): boolean => kind === "r";

export const nameOf = ({ schema, name }: Pick<Relation, "schema" | "name">): string => qualified(schema, name);

export interface Count {
  readonly table: string;
  /** Null where they can't be read. */
  readonly rows: number | null;
}

/** Exact numbers of rows, in the order of names. Partitions count by themselves. */
export async function countRows(session: Session, tables: readonly Relation[]): Promise<Count[]> {
  if (tables.length === 0) return [];
  const counts = tables.map(
    (table) =>
      `select ${literal(shownName(table))} as table, ${table.isReadable ? `count(*)::float8 as rows from only ${nameOf(table)}` : "null"}`,
  );
  return session.rows<Count & Record<string, unknown>>(`${counts.join(" union all ")} order by 1`);
}
