/** Rows of the migrations, as text, from a copy of the template that is made for that: so no value is read otherwise than it was written. */
import { inSession, type Session } from "../connections/session.ts";
import type { Control } from "../control/control.ts";
import { unitName } from "../options.ts";
import { literal } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";
import { createDatabase, dropDatabaseUnit } from "./database-unit.ts";

/** A table whose rows are wanted. */
interface Wanted {
  readonly oid: string;
  /** Quoted, with its schema, where the rows go. */
  readonly name: string;
  readonly rows: number;
}

/** Rows, in the order in which they lie. */
interface Original {
  readonly oid: string;
  readonly name: string;
  /** Quoted. Generated columns are not among them. */
  readonly columns: readonly string[];
  readonly types: readonly string[];
  /** JSON: a list of lists of text. */
  readonly rows: string;
}

/** Makes no copy where no row is wanted. */
export async function readOriginalRows(control: Control, tables: readonly Wanted[]): Promise<Original[]> {
  const wanted = tables.filter(({ rows }) => rows > 0);
  if (wanted.length === 0) return [];
  const session = await control.session();
  const name = unitName("rows");
  await createDatabase(control, name, null);
  try {
    return await inSession(onDatabase(session.target, name), async (inside) => {
      const read: Original[] = [];
      for (const table of wanted) read.push(await readRows(inside, table));
      return read;
    });
  } finally {
    await dropDatabaseUnit(session, name);
  }
}

async function readRows({ rows }: Session, { oid, name }: Wanted): Promise<Original> {
  const columns = await rows<{ source: string; column: string; type: string }>(
    `select a.attrelid::regclass::text as source, quote_ident(a.attname) as column, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a
      where a.attrelid = ${literal(oid)}::oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`,
  );
  const values = columns.map(({ column }) => `${column}::text`).join(", ");
  const [found] = await rows<{ rows: string }>(
    `select coalesce(json_agg(to_json(array[${values}]::text[]) order by ctid), '[]')::text as rows from only ${columns[0]?.source}`,
  );
  return {
    oid,
    name,
    columns: columns.map(({ column }) => column),
    types: columns.map(({ type }) => type),
    rows: found?.rows ?? "[]",
  };
}

/**
 * Where foreign keys are checked, what rows refer to has to come first; rows that refer to one another cannot be put back then.
 */
export async function putRowsBack(session: Session, tables: readonly Original[]): Promise<void> {
  let waiting = tables;
  while (waiting.length > 0) {
    const refused: Original[] = [];
    let reason: unknown;
    for (const table of waiting) {
      await session.script("savepoint with_test_db_rows");
      try {
        await insertRows(session, table);
      } catch (error) {
        if (postgresError(error)?.code !== SQLSTATE.foreignKeyViolation) throw error;
        await session.script("rollback to savepoint with_test_db_rows");
        refused.push(table);
        reason = error;
      }
    }
    if (refused.length === waiting.length) throw reason;
    waiting = refused;
  }
}

async function insertRows(session: Session, { name, columns, types, rows }: Original): Promise<void> {
  const values = types.map((type, index) => `(r.row ->> ${index})::${type}`);
  await session.rows(
    `insert into ${name} (${columns.join(", ")}) overriding system value
     select ${values.join(", ")} from json_array_elements($1::text::json) with ordinality r (row, place) order by r.place`,
    [rows],
  );
}

/** Where foreign keys are not checked, tables that are left alone may lack what rows refer to. */
export async function assertReferred(
  session: Session,
  tables: readonly Original[],
  scope: readonly string[],
): Promise<void> {
  const keys = await session.rows<{ child: string; parent: string; given: string; same: string }>(
    `select c.conrelid::regclass::text as child, c.confrelid::regclass::text as parent,
            string_agg(format('c.%I is not null', a.attname), ' and ') as given,
            string_agg(format('p.%I = c.%I', b.attname, a.attname), ' and ') as same
       from pg_constraint c, unnest(c.conkey, c.confkey) k (child, parent), pg_attribute a, pg_attribute b
      where c.contype = 'f' and c.conrelid = any (${oids(tables.map(({ oid }) => oid))}) and c.confrelid <> all (${oids(scope)})
        and a.attrelid = c.conrelid and a.attnum = k.child and b.attrelid = c.confrelid and b.attnum = k.parent
      group by c.oid`,
  );
  for (const { child, parent, given, same } of keys) {
    const [lost] = await session.rows(
      `select from only ${child} c where ${given} and not exists (select from ${parent} p where ${same}) limit 1`,
    );
    if (lost) throw new Error(`rows of the migrations in ${child} refer to rows of ${parent} that are gone`);
  }
}

const oids = (values: readonly string[]): string => `${literal(`{${values.join(",")}}`)}::oid[]`;
