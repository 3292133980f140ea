/**
 * Takes the rows out of a standing database, but for those that the migrations put in: these are as the migrations made them. All
 * in one transaction, which ends well only where every row is proven to be right.
 */
import { pipeline } from "node:stream/promises";
import type { AtEnd } from "../at-end.ts";
import { readContents } from "../catalog/read-catalog.ts";
import { IMPATIENT } from "../connections/pinned-settings.ts";
import { inSession, type Session } from "../connections/session.ts";
import { TestDbError } from "../errors.ts";
import { STEP_SETTINGS } from "../home/steps.ts";
import { failure } from "../sql/failure.ts";
import { ident } from "../sql/identifiers.ts";
import { postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import { onDatabase } from "../target/target.ts";
import { shownName } from "../words.ts";
import { assertSameHistory, type Journal, readJournal } from "./journal.ts";
import { putAsideChecks, uncover } from "./put-aside-checks.ts";
import { withReference } from "./reference.ts";
import { countRows, isTable, nameOf, type Relation, readRelations } from "./relations.ts";
import { assertSameSteps, nameFlag, type Project, requireStanding, withPlace } from "./standing.ts";

export interface Cleaned {
  readonly table: string;
  /** How many rows it had before. */
  readonly before: number;
  readonly rows: number;
}

/**
 * Returns the tables whose number of rows is another one than before, or that the migrations fill.
 *
 * @throws TestDbError `RESET_FAILED`, `MIGRATIONS_INVALID`, `OPTION_INVALID`, `TARGET_INVALID`, `TARGET_REFUSED`
 */
export const cleanStanding = (project: Project, atEnd: AtEnd): Promise<Cleaned[]> =>
  withPlace(project, async (session) => {
    const { name, migrations } = project;
    assertSameSteps(await requireStanding(session, project), project);
    const own = onDatabase(session.target, name);
    return inSession(
      own,
      async (standing) => {
        const journal = await readJournal(standing, migrations);
        assertSameHistory(journal, migrations, project);
        assertUpToDate(journal, project);
        return withReference(session, project, atEnd, (target) =>
          inSession(target, (reference) => clean(standing, reference).catch((error) => throwFailure(error, project))),
        );
      },
      IMPATIENT,
    );
  });

async function clean(standing: Session, reference: Session): Promise<Cleaned[]> {
  await uncover(reference);
  const wanted = await readRelations(reference);
  const counts = new Map((await countRows(reference, wanted.filter(isTable))).map(({ table, rows }) => [table, rows]));
  const filled = wanted.filter((table) => isTable(table) && counts.get(shownName(table)) !== 0);
  await standing.script("begin");
  const putBack = await putAsideChecks(standing);
  const relations = await readRelations(standing);
  const tables = relations.filter(isTable);
  const before = await countRows(standing, tables);
  const emptied = relations.filter(({ kind }) => kind === "r" || kind === "p");
  if (emptied.length > 0) await standing.script(`truncate table ${emptied.map(inTruncate).join(", ")}`);
  // what checks and generated columns call is found as it was when the migrations ran
  await standing.script(`set local search_path to ${STEP_SETTINGS["search_path"]}`);
  for (const table of filled) await copyRows(reference, standing, table);
  await refreshViews(
    standing,
    await differing(
      standing,
      reference,
      wanted.filter(({ kind }) => kind === "m"),
    ),
  );
  for (const table of await differing(standing, reference, filled))
    throw new Error(`the rows of ${shownName(table)} are not those of the migrations`);
  await putBack();
  // last, since no rollback takes it back
  await setSequences(
    standing,
    reference,
    wanted.filter(({ kind }) => kind === "S"),
  );
  await standing.script("commit");
  return before
    .map(({ table, rows }) => ({ table, before: rows ?? 0, rows: counts.get(table) ?? 0 }))
    .filter(({ before, rows }) => before !== rows || rows > 0);
}

/** A partitioned table has no rows of its own, and no `only`. */
const inTruncate = (table: Relation): string => (table.kind === "p" ? nameOf(table) : `only ${nameOf(table)}`);

async function copyRows(from: Session, to: Session, table: Relation): Promise<void> {
  const columns = table.columns.length > 0 ? `(${table.columns.map(ident).join(", ")})` : "";
  const list = table.columns.map(ident).join(", ");
  const source = await from.client.unsafe(`copy (select ${list} from only ${nameOf(table)}) to stdout`).readable();
  const sink = await to.client.unsafe(`copy ${nameOf(table)} ${columns} from stdin`).writable();
  await pipeline(source, sink);
}

/** Those that hold other rows than in the reference, or none. */
async function differing(standing: Session, reference: Session, relations: readonly Relation[]): Promise<Relation[]> {
  if (relations.length === 0) return [];
  const keyOf = (schema: string, name: string): string => JSON.stringify([schema, name]);
  const rowsIn = async (session: Session): Promise<Map<string, string>> => {
    const contents = (await readContents(session, { outside: "" })).filter(({ kind }) => kind === "rows");
    return new Map(contents.map(({ schema, name, definition }) => [keyOf(schema, name), definition]));
  };
  const [wanted, found] = [await rowsIn(reference), await rowsIn(standing)];
  return relations.filter(
    ({ schema, quoted }) => wanted.get(keyOf(schema, quoted)) !== found.get(keyOf(schema, quoted)),
  );
}

/** What the migrations left behind its tables, and was refreshed since, is up to date afterwards: nothing else can be made of it. */
async function refreshViews(session: Session, views: readonly Relation[]): Promise<void> {
  for (const view of views)
    await session.script(`refresh materialized view ${nameOf(view)}${view.isPopulated ? "" : " with no data"}`);
}

async function setSequences(standing: Session, reference: Session, sequences: readonly Relation[]): Promise<void> {
  for (const sequence of sequences) {
    const [state] = await reference.rows<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${nameOf(sequence)}`,
    );
    if (state)
      await standing.rows("select setval($1::text::regclass, $2::bigint, $3::text::boolean)", [
        nameOf(sequence),
        state.last,
        String(state.called),
      ]);
  }
}

function assertUpToDate({ pending }: Journal, project: Project): void {
  if (pending.length === 0) return;
  throw new TestDbError("MIGRATIONS_INVALID", {
    what: `${project.name} lacks migrations: ${pending.map(({ tag }) => tag).join(", ")}`,
    why: "what the migrations put into it is known only where all of them ran",
    next: `npx with-test-db database migrate${nameFlag(project)}`,
  });
}

function throwFailure(error: unknown, project: Project): never {
  const isLocked = postgresError(error)?.code === SQLSTATE.lockNotAvailable;
  throw failure(
    "RESET_FAILED",
    {
      what: `${project.name} could not be cleaned, and is as it was`,
      why: isLocked && "another session has a transaction open in it; npx with-test-db database status names it",
      next: `npx with-test-db database reset${nameFlag(project)}`,
    },
    error,
  );
}
