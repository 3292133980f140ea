/**
 * Loads files of rows in one transaction, parents first whatever their order. Where tables refer to each other in a circle, their
 * foreign keys are checked when all rows are there, and are afterwards what the migrations made them. Sequences are moved behind
 * what was loaded.
 */
import { inForeignKeyOrder } from "../../catalog/foreign-key-order.ts";
import type { Session } from "../../connections/session.ts";
import type { TestDbError } from "../../errors.ts";
import { LATE_REMEDY, LateError, within } from "../../migrations/within.ts";
import { failure } from "../../sql/failure.ts";
import { ident } from "../../sql/identifiers.ts";
import { postgresError, SQLSTATE, unlessLost } from "../../sql/sqlstate.ts";
import { copyCsv } from "./copy-csv.ts";
import { insertJson, RowError, shapesOf } from "./insert-json.ts";
import { findTables, type LoadableTable, type Reference, tableInSql, whyMissing } from "./loadable-tables.ts";
import { type RowSource, readRowSources } from "./row-source.ts";

/**
 * @param deadline - how long a file may take, in milliseconds
 * @throws TestDbError `SEED_FAILED`, with the file, and the line or row where there is one
 */
export async function loadRows(session: Session, files: readonly string[], deadline: number): Promise<void> {
  const giveUp = (): unknown => session.client.end({ timeout: 0 });
  let at = files.join(", ");
  const isAt = (file: string): void => {
    at = file;
  };
  try {
    const sources = files.flatMap((file) => {
      isAt(file);
      return readRowSources(file);
    });
    const work = (again: () => void): Promise<void> =>
      load(session, sources, (file) => {
        isAt(file);
        again();
      });
    await within(deadline, work, giveUp);
  } catch (error) {
    await unlessLost(session.script("rollback")).catch(() => {});
    throw rowsFailure(at, error);
  }
}

async function load(session: Session, sources: readonly RowSource[], begins: (file: string) => void): Promise<void> {
  await session.script("begin");
  const found = await findTables(
    session,
    sources.map(({ table }) => table),
  );
  for (const { table, file } of sources) {
    begins(file);
    if (!found.has(table)) throw new Error(await whyMissing(session, table));
  }
  const tables = inForeignKeyOrder([...new Map([...found.values()].map((table) => [table.oid, table])).values()]);
  const sourcesOf = ({ oid }: LoadableTable): RowSource[] =>
    sources.filter(({ table }) => found.get(table)?.oid === oid);
  const late = tables.flatMap((table) => {
    const statements = sourcesOf(table).map((source) => (source.kind === "csv" ? 1 : shapesOf(source).length));
    const count = statements.reduce((sum, each) => sum + each, 0);
    return lateReferences(table, tables, count).map((reference) => ({ table, reference }));
  });
  const all = sources.map(({ file }) => file);
  const together = [...new Set(all)].join(", ");
  begins(late.length > 0 ? together : (all[0] ?? ""));
  const alter = (to: string): Promise<void> =>
    session.script(
      late
        .filter(({ reference }) => !reference.deferrable)
        .map(
          ({ table, reference }) => `alter table ${tableInSql(table)} alter constraint ${ident(reference.name)} ${to}`,
        )
        .join("; "),
    );
  await alter("deferrable");
  if (late.length > 0) await session.script("set constraints all deferred");
  for (const table of tables)
    for (const source of sourcesOf(table)) {
      begins(source.file);
      await (source.kind === "csv" ? copyCsv(session, table, source) : insertJson(session, table, source));
    }
  begins(together);
  await session.script("set constraints all immediate");
  await alter("not deferrable");
  await session.script("commit");
}

/** Those that refer to what is not there yet: a table that comes later, or the same table in another statement. */
function lateReferences(table: LoadableTable, tables: readonly LoadableTable[], statements: number): Reference[] {
  const later = tables.slice(tables.indexOf(table)).map(({ oid }) => oid);
  return table.parents.filter(({ oid }) => later.includes(oid) && (oid !== table.oid || statements > 1));
}

/** Only its owner may change when a foreign key is checked. */
const remedyForCircle = (error: unknown): string | undefined =>
  postgresError(error)?.code === SQLSTATE.insufficientPrivilege
    ? "make a foreign key of the circle DEFERRABLE in a migration, or insert these rows by SQL"
    : undefined;

function rowsFailure(file: string, error: unknown): TestDbError {
  const isOne = !file.includes(", ");
  const { where } = (postgresError(error) ?? {}) as { where?: string };
  const line = where && /^COPY [^\n]*?, \S+ (\d+)/.exec(where)?.[1];
  const place = error instanceof RowError ? error.place : line ? `Line ${line} of the` : "The";
  const why = where?.startsWith("COPY ") && where;
  const cause = error instanceof RowError && postgresError(error.cause) ? error.cause : error;
  return failure(
    "SEED_FAILED",
    {
      what: `${place} ${isOne ? "file" : "files"} ${file} of seed failed`,
      why,
      next: error instanceof LateError ? LATE_REMEDY : isOne ? undefined : remedyForCircle(error),
    },
    cause,
  );
}
