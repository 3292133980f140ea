/** Which migrations Drizzle would run on a database: its journal there against the project's folder, as the installed line judges. */
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import type { JournalTable } from "../migrations/journal-table.ts";
import type { Migration, Migrations } from "../migrations/read-migrations.ts";
import { failure } from "../sql/failure.ts";
import { ident, qualified } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { describeTarget } from "../target/target.ts";

/** A migration, and what the journal is told of it. */
export interface PendingMigration extends Migration {
  readonly hash: string;
  readonly millis: number;
}

export interface Pending {
  readonly run: readonly PendingMigration[];
  /** Never run there, and taken for old ones: drizzle-orm before 1.0 runs only what is newer than the newest in the journal. */
  readonly skipped: readonly Migration[];
  /** How many were run there. */
  readonly done: number;
  readonly journal: { readonly isThere: boolean; readonly hasNames: boolean };
}

/** @throws TestDbError `MIGRATIONS_INVALID` where there are tables, and no journal */
export async function readPending(session: Session, migrations: Migrations, table: JournalTable): Promise<Pending> {
  const files = readMigrationFiles({ migrationsFolder: migrations.folder });
  const list = migrations.list.map((migration, index): PendingMigration => {
    const { hash = "", folderMillis = 0 } = files[index] ?? {};
    return { ...migration, hash, millis: folderMillis };
  });
  const columns = await columnsOf(session, table);
  const journal = { isThere: columns.length > 0, hasNames: columns.includes("name") };
  if (!journal.isThere) {
    if (await hasTables(session)) throw noJournal(session, table);
    return { run: list, skipped: [], done: 0, journal };
  }
  const rows = await readJournal(session, table, journal.hasNames);
  const run = migrations.layout === "journal" ? newerThan(rows, list) : unknownTo(rows, list);
  const moments = new Set(rows.map(({ at }) => at));
  const skipped = migrations.layout === "journal" ? list.filter(({ millis }) => !moments.has(millis)) : [];
  return {
    run,
    skipped: skipped.filter((migration) => !run.includes(migration as PendingMigration)),
    done: rows.length,
    journal,
  };
}

interface Row {
  readonly hash: string;
  readonly at: number;
  readonly name: string | null;
}

async function readJournal(session: Session, { schema, table }: JournalTable, hasNames: boolean): Promise<Row[]> {
  const name = qualified(schema, table);
  try {
    return await session.rows<Row & Record<string, unknown>>(
      `select hash, created_at::float8 as at, ${hasNames ? "name" : "null as name"} from ${name}`,
    );
  } catch (error) {
    if (postgresError(error)?.code !== SQLSTATE.insufficientPrivilege) throw error;
    const { target } = session;
    throw failure(
      "PRIVILEGE_MISSING",
      {
        what: `The user ${target.user} may not read the journal of migrations in ${describeTarget(target)}: ${name}`,
        next: `restore the snapshot as ${target.user}: pg_restore --no-owner --no-privileges`,
      },
      error,
    );
  }
}

/** drizzle-orm before 1.0. */
function newerThan(rows: readonly Row[], list: readonly PendingMigration[]): PendingMigration[] {
  const newest = rows.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  return list.filter(({ millis }) => millis > newest);
}

/** drizzle-orm since 1.0. It gives names to the rows of a journal of before: by their second, else by their text. */
function unknownTo(rows: readonly Row[], list: readonly PendingMigration[]): PendingMigration[] {
  const names = rows.map(({ name, at, hash }) => {
    if (name !== null) return name;
    const sameSecond = list.filter(({ millis }) => Math.floor(millis / 1000) === Math.floor(at / 1000));
    return (sameSecond.length === 1 ? sameSecond[0] : list.find((migration) => migration.hash === hash))?.tag;
  });
  return list.filter(({ tag }) => !names.includes(tag));
}

/** Tells the journal that a migration was run, as the migrator does. */
export async function record(
  session: Session,
  { hash, millis, tag }: PendingMigration,
  { schema, table }: JournalTable,
  { isThere, hasNames }: Pending["journal"],
): Promise<void> {
  if (!isThere) return;
  await session.rows(
    `insert into ${qualified(schema, table)} (hash, created_at${hasNames ? ", name" : ""}) values ($1::text, $2::bigint${hasNames ? ", $3::text" : ""})`,
    [hash, millis, ...(hasNames ? [tag] : [])],
  );
}

async function columnsOf(session: Session, { schema, table }: JournalTable): Promise<string[]> {
  const columns = await session.rows<{ name: string }>(
    `select a.attname as name from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1::text and c.relname = $2::text and a.attnum > 0 and not a.attisdropped`,
    [schema, table],
  );
  return columns.map(({ name }) => name);
}

async function hasTables(session: Session): Promise<boolean> {
  const [row] = await session.rows<{ found: boolean }>(
    `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')) as found`,
  );
  return row?.found === true;
}

const noJournal = (session: Session, { schema, table }: JournalTable): TestDbError =>
  new TestDbError("MIGRATIONS_INVALID", {
    what: `${describeTarget(session.target)} has tables, and no journal of migrations: ${ident(schema)}.${ident(table)}`,
    why: "which migrations are pending can't be told; the dump may have left the schema out, or Drizzle keeps its journal elsewhere",
    next: `pg_dump with the schema ${schema}, too; or --config drizzle.config.ts, whose migrations name the schema and the table`,
  });
