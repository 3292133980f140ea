/** Integrity queries of the user's. A row that comes back after the migrations, and not before, is a finding. */
import { readFileSync } from "node:fs";
import type { Session } from "../connections/session.ts";
import { TestDbError, wordsOf } from "../errors.ts";
import { causeWords } from "../sql/failure.ts";
import { isConnectionLost, postgresError, SQLSTATE } from "../sql/sqlstate.ts";
import type { CheckResult } from "./rehearsal.ts";
import { statementsIn } from "./statements.ts";

/** A query of a file. */
export interface Check {
  readonly file: string;
  readonly line: number;
  readonly sql: string;
}

/** What a query gave: all rows counted, and the first of them; or why the query was refused. */
export type Answer = { readonly count: number; readonly rows: readonly object[] } | { readonly failure: string };

/** @throws TestDbError `OPTION_INVALID` */
export const readChecks = (files: readonly string[]): Check[] =>
  files.flatMap((file) => {
    const found = statementsIn(read(file)).map(({ sql, line }) => ({ file, line, sql }));
    if (found.length > 0) return found;
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${file} of --check holds no query`,
      why: "each row of its queries is a finding",
      next: "write one: select id from orders where total < 0",
    });
  });

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${file} of --check cannot be read`,
      why: wordsOf(cause),
      next: "name the file by its path, as this folder sees it: --check checks/orders.sql",
      cause,
    });
  }
}

/** So many rows are compared. */
const MOST = 1_000;
const SHOWN = 5;

/** Asks all of them within the session's transaction, in which they can write nothing, and which is as it was afterwards. */
export async function askChecks(session: Session, checks: readonly Check[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const { sql } of checks) {
    await session.script("savepoint with_test_db_check; set transaction read only");
    answers.push(await ask(session, sql));
    await session.script("rollback to savepoint with_test_db_check; release savepoint with_test_db_check");
  }
  return answers;
}

async function ask(session: Session, sql: string): Promise<Answer> {
  try {
    // a cursor takes queries alone, and of those any
    await session.script(`declare with_test_db_check no scroll cursor for ${sql}`);
    const rows = await session.rows(`fetch ${MOST} from with_test_db_check`);
    const { count } = await session.client.unsafe("move forward all in with_test_db_check");
    return { count: rows.length + count, rows };
  } catch (error) {
    const refused = postgresError(error);
    if (!refused || isConnectionLost(error)) throw error;
    const isNew = refused.code === SQLSTATE.unsafeNewEnumValue;
    return { failure: `${causeWords(error)}${isNew ? "\ncompare it as text: status::text = 'new'" : ""}` };
  }
}

/** What tells rows apart. A number may have become another type of number, which the driver hands out as text. */
const keyOf = (row: object): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === "number" ? `${value}` : value));

export const compareAnswers = (
  checks: readonly Check[],
  before: readonly Answer[],
  after: readonly Answer[],
): CheckResult[] =>
  checks.map((check, index) => {
    const [was, is] = [before[index], after[index]];
    const known = was && "count" in was ? was : undefined;
    if (!is || "failure" in is)
      return { ...check, rows: 0, shown: [], before: known?.count, failure: is?.failure ?? "it was not asked" };
    const left = (known?.rows ?? []).map(keyOf);
    const fresh = is.rows.filter((row) => {
      const at = left.indexOf(keyOf(row));
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    const grown = is.count - (known?.count ?? 0);
    return { ...check, rows: Math.max(fresh.length, grown), shown: fresh.slice(0, SHOWN), before: known?.count };
  });
