/** Reads what a template's clones are to be compared with, and put back to. */
import type { Session } from "../connections/session.ts";
import { qualified } from "../sql/identifiers.ts";
import { COMMENT, catalogState, DATABASE_STATE, NO_DDL } from "./database-state.ts";

/** What is known of a pristine database; a clone has its OIDs. */
export interface Pristine {
  /** The transaction before which all was written. */
  readonly since: string;
  /** Catalogs that have pages, and the OIDs of those that have none. */
  readonly catalogs: readonly string[];
  readonly empty: readonly string[];
  readonly catalogState: string;
  readonly databaseState: string;
  readonly comment: string | null;
  /** Tables and materialized views in which the migrations left rows. */
  readonly filled: readonly Filled[];
  readonly sequences: readonly Position[];
  /** Whether sessions keep values of a sequence to themselves: out of reach while they are connected. */
  readonly cachesValues: boolean;
  /** Why no clone can be proven pristine; null where one can. */
  readonly never: string | null;
}

interface Filled {
  readonly oid: string;
  /** Quoted, with its schema. */
  readonly name: string;
  readonly isView: boolean;
  readonly rows: string;
}

interface Position {
  readonly oid: string;
  readonly last: string;
  readonly called: boolean;
}

/** Measures the database of a session that is the only one in it. Returns JSON: a {@link Pristine}. */
export async function measureDatabase(session: Session): Promise<string> {
  const [catalogs, relations] = await Promise.all([
    session.rows<Catalog>(CATALOGS, [JSON.stringify(NO_DDL)]),
    session.rows<Relation>(RELATIONS),
  ]);
  const hidden = [...catalogs, ...relations].filter(({ pages, readable }) => pages && !readable);
  const seen = relations.filter(({ readable }) => readable);
  const filled = (await Promise.all(seen.flatMap((relation) => countRows(session, relation)))).flat();
  const sequences = await Promise.all(seen.flatMap((relation) => readPosition(session, relation)));
  const withPages = catalogs.filter(({ pages, readable }) => pages && readable).map(({ name }) => name);
  const unlogged = new Set(seen.filter(({ unlogged }) => unlogged).map(({ oid }) => oid));
  const isLost = filled.some(({ oid }) => unlogged.has(oid)) || sequences.some((s) => s.called && unlogged.has(s.oid));
  const since = (await session.rows<{ xid: string }>(NEXT_XID))[0]?.xid ?? "";
  const [states] = await session.rows<Pick<Pristine, "catalogState" | "databaseState" | "comment">>(
    `select ${catalogState(withPages, since)} as "catalogState", ${DATABASE_STATE} as "databaseState", ${COMMENT} as comment
       from pg_database d where d.datname = current_database()`,
  );
  if (!states) throw new Error("the server answered nothing");
  const pristine: Pristine = {
    since,
    catalogs: withPages,
    empty: catalogs.filter(({ pages }) => !pages).map(({ oid }) => oid),
    ...states,
    filled,
    sequences,
    cachesValues: seen.some(({ caches }) => caches),
    never: hidden[0]
      ? `the user may not read ${hidden[0].name}`
      : isLost
        ? "the migrations left something in unlogged relations, which a crash of the server empties"
        : null,
  };
  return JSON.stringify(pristine);
}

const NEXT_XID = "select pg_snapshot_xmax(pg_current_snapshot())::text as xid";

interface Catalog {
  readonly oid: string;
  readonly name: string;
  readonly pages: boolean;
  readonly readable: boolean;
}

const CATALOGS = `
  select oid::text, relname::text as name, pg_relation_size(oid) > 0 as pages, has_table_privilege(oid, 'select') as readable
    from pg_class
   where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared and oid < 16384
     and relname <> all (array(select jsonb_array_elements_text($1::text::jsonb)))
   order by relname`;

interface Relation extends Catalog {
  readonly schema: string;
  readonly kind: "r" | "m" | "S";
  readonly unlogged: boolean;
  readonly caches: boolean;
}

const RELATIONS = `
  select c.oid::text, n.nspname::text as schema, c.relname::text as name, c.relkind as kind,
         c.relpersistence = 'u' as unlogged, pg_relation_size(c.oid) > 0 as pages, coalesce(s.seqcache > 1, false) as caches,
         has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as readable
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_sequence s on s.seqrelid = c.oid
   where c.oid >= 16384 and c.relkind in ('r', 'm', 'S') and c.relpersistence <> 't'`;

function countRows(session: Session, { oid, schema, name: bare, kind, pages }: Relation): Promise<Filled[]>[] {
  if (kind === "S" || !pages) return [];
  const name = qualified(schema, bare);
  const count = session.rows<{ rows: string }>(`select count(*)::text as rows from only ${name} having count(*) > 0`);
  return [count.then((found) => found.map(({ rows }) => ({ oid, name, isView: kind === "m", rows })))];
}

function readPosition(session: Session, { oid, schema, name, kind }: Relation): Promise<Position>[] {
  if (kind !== "S") return [];
  const position = session.rows<Omit<Position, "oid">>(
    `select last_value::text as last, is_called as called from ${qualified(schema, name)}`,
  );
  return [position.then(([found]) => ({ oid, last: found?.last ?? "", called: found?.called ?? false }))];
}
