/**
 * Rehearses pending migrations on a copy of a snapshot, or on the history before them with made-up rows. All is done in one
 * transaction, which is undone in the end unless the database is to be kept: what belongs to the whole server, as roles do,
 * stays as it is.
 */
import type { AtEnd } from "../at-end.ts";
import type { Session } from "../connections/session.ts";
import { DRIZZLES_JOURNAL, type JournalTable } from "../migrations/journal-table.ts";
import type { Migrations } from "../migrations/read-migrations.ts";
import { assertLeavesAlone } from "../migrations/run-migrations.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { shownName } from "../words.ts";
import { askChecks, type Check, compareAnswers } from "./checks.ts";
import {
  assertMayCopy,
  copySnapshot,
  dropRehearsal,
  keepDatabase,
  openBeside,
  openWithin,
  rehearsalName,
} from "./databases.ts";
import { findingsOf, type Limits } from "./findings.ts";
import { type MadeUp, makeUp } from "./make-up.ts";
import { type Pending, readPending } from "./pending.ts";
import type { Rehearsal, TouchedTable, Unfilled } from "./rehearsal.ts";
import { countRows, type Relation, readRelations } from "./relations.ts";
import { type Run, runPending } from "./run-pending.ts";
import { type Before, changesOf, locksOf, rewritesOf } from "./summarize.ts";

export interface RehearsalRequest {
  /** The snapshot, or the database beside which one is made. It is read, and never written. */
  readonly target: Target;
  readonly migrations: Migrations;
  /** Where the snapshot has its journal. */
  readonly journal: JournalTable;
  /** What to make instead of a copy. */
  readonly madeUp?: MadeUp | undefined;
  readonly checks: readonly Check[];
  readonly limits: Limits;
  /** Whether the database stays, as the migrations made it. */
  readonly keep: boolean;
}

export interface Rehearsed {
  readonly rehearsal: Rehearsal;
  /** The database that was kept. */
  readonly kept: Target | undefined;
}

/** Undefined where nothing is pending. The database is dropped by what `atEnd` was told, unless it is kept. */
export async function rehearse(
  request: RehearsalRequest,
  atEnd: AtEnd,
  says: (doing: string) => void = () => {},
): Promise<Rehearsed | undefined> {
  const { target, migrations, madeUp, keep } = request;
  const name = rehearsalName();
  let isKept = false;
  const beside = await openBeside(target, name);
  try {
    if (!madeUp) await assertMayCopy(beside);
    const known = madeUp ? undefined : await readPending(beside, migrations, request.journal);
    if (known && known.run.length + known.skipped.length === 0) return undefined;
    if (keep) assertLeavesAlone(migrations, target.database);
    atEnd(async () => {
      if (!isKept) await dropRehearsal(target, name);
    });
    let unfilled: readonly Unfilled[] = [];
    if (madeUp) unfilled = await makeUp(beside, name, migrations, madeUp, says);
    else {
      says(`copying ${describeTarget(target)}`);
      await copySnapshot(beside, name);
    }
    const session = await openWithin(beside, name);
    try {
      const journal = madeUp ? DRIZZLES_JOURNAL : request.journal;
      const pending = known ?? (await readPending(session, migrations, journal));
      const rehearsal = await perform(session, { ...request, journal }, pending, unfilled, says);
      if (keep) {
        await keepDatabase(beside, name);
        isKept = true;
      }
      return { rehearsal, kept: isKept ? session.target : undefined };
    } finally {
      await session.close();
    }
  } finally {
    await beside.close();
  }
}

async function perform(
  session: Session,
  { target, madeUp, journal, checks, limits, keep }: RehearsalRequest,
  pending: Pending,
  unfilled: readonly Unfilled[],
  says: (doing: string) => void,
): Promise<Rehearsal> {
  const isOurs = ({ schema, name }: Relation): boolean => schema === journal.schema && name.startsWith(journal.table);
  const relationsIn = async (): Promise<Relation[]> => (await readRelations(session)).filter((each) => !isOurs(each));
  await session.script("begin");
  const asked = await askChecks(session, checks);
  await session.script("rollback");
  const relations = await relationsIn();
  const counting = (table: string): void => says(`counting the rows of ${table}`);
  const before: Before = { relations: byOid(relations), rows: await countRows(session, relations, counting) };
  const run = without(await runPending(session, pending, journal, says), before, journal);
  // a migration may have become another role, or looked elsewhere
  if (!run.hasFailed) await session.script("reset session authorization; reset role; reset all");
  const after = run.hasFailed ? [] : await relationsIn();
  const touched = touchedIn(run, before, after);
  const counts = await countRows(
    session,
    after.filter(({ oid }) => touched.has(oid)),
    counting,
  );
  says("asking the checks");
  const answers = run.hasFailed ? [] : await askChecks(session, checks);
  await session.script(keep && !run.hasFailed ? "commit" : "rollback");
  const rehearsal = {
    on: madeUp ? ("made-up rows" as const) : ("snapshot" as const),
    beside: describeTarget(target),
    server: `${Math.floor(session.serverVersion / 10_000)}.${session.serverVersion % 10_000}`,
    migrations: [
      ...pending.skipped.map(({ tag, file }) => ({
        ...{ tag, file, ms: 0, statements: [], changes: [] },
        state: "skipped" as const,
      })),
      ...run.migrations.map((migration) => ({ ...migration, changes: changesOf(run, before, migration.tag) })),
    ],
    locks: locksOf(run, before),
    rewrites: rewritesOf(run, before),
    tables: tablesOf(run, before, byOid(after), touched, counts),
    checks: run.hasFailed ? [] : compareAnswers(checks, asked, answers),
    unfilled,
    ms: run.ms,
    size: { before: sizeOf(relations), after: run.hasFailed ? undefined : sizeOf(after) },
  };
  return { ...rehearsal, findings: findingsOf(rehearsal, limits) };
}

const byOid = (relations: readonly Relation[]): Map<number, Relation> =>
  new Map(relations.map((relation) => [relation.oid, relation]));

const sizeOf = (relations: readonly Relation[]): number => relations.reduce((sum, { bytes }) => sum + bytes, 0);

/** Drizzle's own journal is no table of the user's. */
const without = (run: Run, { relations }: Before, journal: JournalTable): Run => ({
  ...run,
  looks: run.looks.map((look) => ({
    ...look,
    touched: look.touched.filter(
      ({ is: { oid, schema, name } }) =>
        relations.has(oid) || !(schema === journal.schema && name?.startsWith(journal.table)),
    ),
  })),
});

/** The numbers of the tables that were locked for more than reading, made or dropped. */
function touchedIn({ looks, hasFailed }: Run, { relations }: Before, after: readonly Relation[]): Set<number> {
  const there = byOid(after);
  const locked = looks
    .flatMap(({ touched }) => touched.map(({ is }) => is))
    .filter(({ modes }) => modes.some((mode) => mode !== "AccessShareLock"))
    .map(({ oid }) => oid);
  const made = after.filter(({ oid }) => !relations.has(oid)).map(({ oid }) => oid);
  const gone = hasFailed ? [] : [...relations.keys()].filter((oid) => !there.has(oid));
  return new Set([...locked, ...made, ...gone]);
}

function tablesOf(
  { hasFailed }: Run,
  { relations, rows }: Before,
  after: ReadonlyMap<number, Relation>,
  touched: ReadonlySet<number>,
  counts: ReadonlyMap<number, number>,
): TouchedTable[] {
  return [...touched]
    .flatMap((oid): TouchedTable[] => {
      const [was, is] = [relations.get(oid), after.get(oid)];
      const relation = was ?? is;
      if (!relation || !["r", "p", "m"].includes(relation.kind)) return [];
      const state = !was ? "new" : is || hasFailed ? "old" : "dropped";
      const [rowsBefore, rowsAfter] = [rows.get(oid), counts.get(oid)];
      const root = relation.root === null ? undefined : (relations.get(relation.root) ?? after.get(relation.root));
      const partition = root && { partitionOf: shownName(root) };
      const isView = relation.kind === "m";
      return [
        {
          table: shownName(relation),
          isView,
          ...partition,
          rowsBefore,
          rowsAfter,
          state,
          bytesBefore: was?.bytes ?? 0,
        },
      ];
    })
    .sort((a, b) => a.table.localeCompare(b.table));
}
