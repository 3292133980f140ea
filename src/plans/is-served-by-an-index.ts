/** Whether indexes serve a query, or a table is read from end to end: decided by plans that no number of rows changes. */

import type { Table } from "drizzle-orm";
import type { Outcome } from "../assertions/check.ts";
import { tableNameOf } from "../assertions/table-name.ts";
import { TestDbError } from "../errors.ts";
import { captureQueries } from "../queries/capture.ts";
import { shortened } from "../queries/group.ts";
import { shapeOf } from "../queries/shape.ts";
import type { Work } from "../queries/work.ts";
import { tokenize } from "../sql/lexer.ts";
import { splitStatements } from "../sql/statements.ts";
import { counted } from "../words.ts";
import { type Database, type Explained, explain } from "./explain.ts";
import { isUnserved, type Scan } from "./scans.ts";

/** A query of Drizzle's that was not sent: a select, an update, a delete, or one of `db.query`. */
export interface Buildable {
  toSQL(): { readonly sql: string };
}

export interface ServedOptions {
  /**
   * Tables that may be read from end to end: as they are in the schema, or by their names in the database.
   * `@default []`
   */
  readonly except?: readonly (Table | string)[];
}

/** A query, and where its tables are read. */
interface Read {
  readonly text: string;
  readonly source: string | undefined;
  readonly scans: readonly Explained[];
}

/**
 * That indexes serve a query: each table is looked up by an index, in at least one of the plans that Postgres has. Given a
 * function, that is so for every query that it runs. The number of rows does not matter: a plan for three rows is that for millions.
 *
 * @param db - the unit's, or a transaction's in which its tables were made; the query is planned there, and not run
 * @throws TestDbError `OPTION_INVALID`; what the driver does where Postgres does not take the query; and whatever the function throws
 *
 * @example
 * ```ts
 * const { db } = testDb;
 * await expect(db.select().from(members).where(eq(members.teamId, 1))).toBeServedByAnIndex(db);
 * await expect(() => service.findTeam(1)).toBeServedByAnIndex(db, { except: [schema.countries] });
 * ```
 */
export async function isServedByAnIndex(
  query: Buildable | Work,
  db: Database,
  { except = [] }: ServedOptions = {},
): Promise<Outcome> {
  assertDatabase(db);
  const excepted = except.map(nameOf);
  const unread = new Set(excepted);
  const reads: Read[] = [];
  for (const { text, source } of await queriesOf(query)) {
    const scans = await explain(db, text, excepted);
    const isExcepted = ({ table, partition }: Scan): boolean => {
      const name = [table, partition].find((name) => excepted.includes(name));
      if (name !== undefined) unread.delete(name);
      return name !== undefined;
    };
    reads.push({ text, source, scans: scans.filter((scan) => !isExcepted(scan)) });
  }
  const read = reads.filter(({ scans }) => scans.length > 0);
  const unserved = read.filter(({ scans }) => scans.some(isUnserved));
  return {
    pass: read.length > 0 && unserved.length === 0,
    message: () =>
      unserved.length > 0
        ? [
            `No index serves ${counted(unserved.length, "query", "queries")}:`,
            ...unserved.flatMap((read) => ["", ...linesOf(read), ...lackOf(read)]),
            ...(unread.size > 0 ? ["", `except: ${[...unread].join(", ")} is not read here`] : []),
          ].join("\n")
        : read.length > 0
          ? ["Indexes serve:", ...read.flatMap((read) => ["", ...linesOf(read), ...servedOf(read)])].join("\n")
          : "No table is read that an index could serve",
  };
}

const nameOf = (table: Table | string): string => (typeof table === "string" ? table : (tableNameOf(table) ?? ""));

/** What Postgres plans; other statements have no plan. */
const PLANNED: ReadonlySet<string> = new Set(["select", "insert", "update", "delete", "merge", "with", "values"]);

async function queriesOf(
  query: Buildable | Work,
): Promise<readonly { readonly text: string; readonly source?: string | undefined }[]> {
  if (typeof query !== "function") {
    if (typeof query?.toSQL === "function") return [{ text: query.toSQL().sql }];
    throw new TestDbError("OPTION_INVALID", {
      what: "toBeServedByAnIndex() wants a query of Drizzle's that has toSQL(), or a function that runs queries",
      why: "a query that was awaited has become its rows; sql`…` and a prepared query have no toSQL()",
      next: "await expect(() => db.execute(sql`…`)).toBeServedByAnIndex(db)",
    });
  }
  const { queries } = await captureQueries(query);
  const planned = queries.flatMap(({ text, source }) => {
    const statements = splitStatements(tokenize(text));
    const [first] = statements;
    return statements.length === 1 && first && PLANNED.has(first.words[0] ?? "") ? [{ text, source }] : [];
  });
  return [...new Map(planned.map((query) => [shapeOf(query.text), query])).values()];
}

function assertDatabase(db: unknown): void {
  if (typeof (db as Partial<Database> | undefined)?.transaction === "function") return;
  throw new TestDbError("OPTION_INVALID", {
    what: "toBeServedByAnIndex() wants the database in which the query is planned",
    next: "await expect(query).toBeServedByAnIndex(testDb.db)",
  });
}

const linesOf = ({ text, source }: Read): string[] => [
  `  ${shortened(text)}`,
  ...(source === undefined ? [] : [`      ${source}`]),
];

const lackOf = ({ scans }: Read): string[] =>
  scans.filter(isUnserved).flatMap((scan) => {
    const { conditions, suggested } = scan;
    return [
      `    ${calledName(scan)} is read from end to end${conditions.length > 0 ? `, for ${conditions.join(" and ")}` : ": no condition chooses its rows"}`,
      ...(suggested === undefined ? [] : [`    an index that would serve: ${suggested}`]),
    ];
  });

const servedOf = ({ scans }: Read): string[] =>
  scans.map((scan) => `    ${calledName(scan)} by ${scan.served.map(({ index, by }) => `${index}: ${by}`).join("; ")}`);

const calledName = ({ table, written, alias }: Scan): string =>
  alias === table ? written : `${written} (as ${alias})`;
