/**
 * Runs pending migrations as Drizzle does, all in one transaction, and looks after each statement at what the transaction holds by
 * then. Only what the statements themselves take counts as time. The transaction is left open: who called ends it.
 */
import { isDeepStrictEqual } from "node:util";
import type { Session } from "../connections/session.ts";
import type { JournalTable } from "../migrations/journal-table.ts";
import { excerpt } from "../migrations/migration-error.ts";
import type { Migration } from "../migrations/read-migrations.ts";
import { scriptWithRoles, takenRemedy } from "../migrations/roles.ts";
import { causeWords, remedyFor } from "../sql/failure.ts";
import { isConnectionLost, postgresError } from "../sql/sqlstate.ts";
import { now } from "../timers.ts";
import { type Pending, record } from "./pending.ts";
import type { At, RehearsedMigration, RehearsedStatement, StatementFailure } from "./rehearsal.ts";
import { readTouched, type Touched } from "./relations.ts";
import { REMEDIES } from "./remedies.ts";
import { refusalOf, statementsOf } from "./statements.ts";

/** What a statement did: what the transaction held afterwards, and had changed, as far as that was otherwise before. */
export interface Look {
  readonly at: At;
  readonly begins: number;
  readonly ms: number;
  readonly touched: readonly { readonly is: Touched; readonly was: Touched | undefined }[];
}

export interface Run {
  readonly migrations: readonly Omit<RehearsedMigration, "changes">[];
  readonly looks: readonly Look[];
  readonly hasFailed: boolean;
  /** Until the last statement, and the checks that COMMIT makes, were done. */
  readonly ms: number;
}

export async function runPending(
  session: Session,
  pending: Pending,
  journal: JournalTable,
  says: (doing: string) => void = () => {},
): Promise<Run> {
  const migrations: Omit<RehearsedMigration, "changes">[] = [];
  const looks: Look[] = [];
  const held = new Map<number, Touched>();
  let ms = 0;
  let hasFailed = false;
  await session.script("begin");
  for (const migration of pending.run) {
    const statements: RehearsedStatement[] = [];
    for (const located of hasFailed ? [] : statementsOf(migration)) {
      says(`${migration.tag}, line ${located.line}`);
      const { taken, failure } = await timed(() => send(session, located.sql));
      statements.push({ ...located, begins: ms, ms: taken, ...(failure ? { failure } : {}) });
      const at = { tag: migration.tag, file: migration.file, line: located.line };
      hasFailed = failure !== undefined;
      if (!hasFailed) looks.push({ at, begins: ms, ms: taken, touched: newIn(held, await readTouched(session)) });
      ms = rounded(ms + taken);
      if (hasFailed) break;
    }
    if (!hasFailed) {
      // refused where the migration has become another role
      const sql = `insert into ${journal.schema}.${journal.table}`;
      const failure = await attempt(() => record(session, migration, journal, pending.journal), sql);
      if (failure) statements.push({ sql, line: statements.at(-1)?.line ?? 1, begins: ms, ms: 0, failure });
      hasFailed = failure !== undefined;
    }
    migrations.push(rehearsed(migration, statements, hasFailed));
  }
  if (hasFailed) return { migrations, looks, hasFailed, ms };
  const { taken, failure } = await timed(() => send(session, "set constraints all immediate"));
  const last = migrations.at(-1);
  if (failure && last) {
    const commit = { sql: "commit", line: 1, begins: ms, ms: taken, failure };
    migrations.splice(-1, 1, { ...last, state: "failed", statements: [...last.statements, commit] });
  }
  return { migrations, looks, hasFailed: failure !== undefined, ms: rounded(ms + taken) };
}

function newIn(held: Map<number, Touched>, touched: readonly Touched[]): Look["touched"] {
  const found = touched.map((is) => ({ is, was: held.get(is.oid) }));
  for (const is of touched) held.set(is.oid, is);
  return found.filter(({ is, was }) => !isDeepStrictEqual(is, was));
}

/** One after the first that failed was not reached, and has no statements. */
function rehearsed(
  { tag, file }: Migration,
  statements: readonly RehearsedStatement[],
  hasFailed: boolean,
): Omit<RehearsedMigration, "changes"> {
  const state = !hasFailed ? "ran" : statements.length > 0 ? "failed" : "not reached";
  return { tag, file, state, statements, ms: rounded(statements.reduce((sum, statement) => sum + statement.ms, 0)) };
}

async function timed(
  work: () => Promise<StatementFailure | undefined>,
): Promise<{ readonly taken: number; readonly failure: StatementFailure | undefined }> {
  const from = now();
  const failure = await work();
  return { failure, taken: rounded(now() - from) };
}

/** To a hundredth. */
const rounded = (ms: number): number => Math.round(ms * 100) / 100;

async function send(session: Session, sql: string): Promise<StatementFailure | undefined> {
  return refusalOf(sql) ?? attempt(() => scriptWithRoles(session, sql), sql);
}

/** What Postgres refused, with the place in the SQL. */
async function attempt(work: () => Promise<void>, sql: string): Promise<StatementFailure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const refused = postgresError(error);
    if (!refused || isConnectionLost(error)) throw error;
    const place = refused.position ? `\nin: ${excerpt(sql, refused.position)}` : "";
    return {
      words: `${causeWords(error)}${place}`,
      next: remedyFor(error) ?? takenRemedy(error, sql) ?? REMEDIES[refused.code],
    };
  }
}
