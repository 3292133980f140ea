/** What of a rehearsal is worth a look before it is done for real. */
import { relative, resolve } from "node:path";
import type { Finding } from "../findings/finding.ts";
import { excerpt } from "../migrations/migration-error.ts";
import { counted, grouped, msInWords } from "../words.ts";
import { modeInWords, worstLocks } from "./lock-modes.ts";
import type { At, Rehearsal, Rewrite } from "./rehearsal.ts";
import { bytesInWords } from "./words.ts";

export interface Limits {
  /** How long a lock may keep others from a table that was there before, in milliseconds. */
  readonly maxLock: number;
  /** How many rows may be written anew, or changed by one migration, in one table. */
  readonly maxRows: number;
}

/** Of a statement, where a finding shows it. */
const LONGEST = 1_000;

type Found = Omit<Rehearsal, "findings">;

export const findingsOf = (found: Found, limits: Limits): Finding[] => [
  ...failures(found),
  ...skipped(found),
  ...rewrites(found, limits),
  ...longLocks(found, limits),
  ...backfills(found, limits),
  ...lostRows(found),
  ...refused(found),
];

const finding = (
  rule: string,
  at: Pick<At, "file" | "line"> | undefined,
  message: string,
  more: Partial<Finding> = {},
): Finding => ({
  level: "error",
  rule,
  message,
  ...(at ? { file: relative(process.cwd(), resolve(at.file)), line: at.line } : {}),
  ...more,
});

const failures = ({ migrations }: Found): Finding[] =>
  migrations.flatMap(({ tag, file, statements }) =>
    statements.flatMap(({ line, failure, sql }) => {
      if (!failure) return [];
      const rest = migrations.filter(({ state }) => state === "not reached").length;
      const message = `${tag} fails: ${failure.words.split("\n")[0]}; Drizzle would undo all of them${rest > 0 ? `, and ${counted(rest, "migration was", "migrations were")} not reached` : ""}`;
      const detail = [...failure.words.split("\n").slice(1), excerpt(sql).slice(0, LONGEST)].join("\n");
      return [finding("migration-failed", { file, line }, message, { help: failure.next, detail })];
    }),
  );

const skipped = ({ migrations }: Found): Finding[] =>
  migrations
    .filter(({ state }) => state === "skipped")
    .map(({ tag, file }) =>
      finding(
        "migration-skipped",
        { file, line: 1 },
        `${tag} was never run there, and Drizzle would leave it out: a newer one was`,
        {
          help: "give it a later moment: drop it and generate it again, since drizzle-orm before 1.0 goes by the newest one in its journal",
        },
      ),
    );

/** A table with its indexes is one; an index alone is one. */
function rewrites({ rewrites }: Found, { maxRows }: Limits): Finding[] {
  const isSame = (a: Rewrite, b: Rewrite): boolean =>
    a.table === b.table && a.at.file === b.at.file && a.at.line === b.at.line;
  return rewrites
    .filter(
      (one) => one.index === undefined || !rewrites.some((other) => other.index === undefined && isSame(one, other)),
    )
    .filter(({ rows }) => rows !== undefined && rows > maxRows)
    .map((one) => {
      const indexes = rewrites.filter((other) => other.index !== undefined && isSame(one, other));
      const what = one.index === undefined ? `all of ${one.table}` : `the index ${one.index} of ${one.table}`;
      const bytes = one.bytes + (one.index === undefined ? indexes.reduce((sum, index) => sum + index.bytes, 0) : 0);
      const beside =
        one.index === undefined && indexes.length > 0 ? `, with ${counted(indexes.length, "index", "indexes")}` : "";
      return finding(
        "rewrite",
        one.at,
        `${what} is written anew: ${counted(one.rows ?? 0, "row", "rows")}, ${bytesInWords(bytes)}${beside}, in ${msInWords(one.ms)}`,
        {
          help: "the time grows with the table, and nobody reads or writes meanwhile: add a new column, fill it in small parts, then change over",
        },
      );
    });
}

/** Of each table what blocks most. */
function longLocks({ locks, tables }: Found, { maxLock }: Limits): Finding[] {
  const long = worstLocks({ locks }).filter(({ blocks, ms }) => ms > maxLock && /writes/.test(blocks));
  // a later one of the same table blocks more
  const worst = new Map(long.map((lock) => [lock.table, lock]));
  return [...worst.values()].map(({ table, mode, blocks, ms, at }) => {
    const rows = tables.find((touched) => touched.table === table)?.rowsBefore;
    return finding(
      "long-lock",
      at,
      `${blocks} on ${table} are blocked for ${msInWords(ms)}, until the transaction ends: ${modeInWords(mode)}${rows === undefined ? "" : `; ${counted(rows, "row", "rows")}`}`,
      { help: "put what takes long into a migration of its own, which is deployed by itself, and set a lock_timeout" },
    );
  });
}

const backfills = ({ migrations, tables, ms }: Found, { maxRows }: Limits): Finding[] =>
  migrations.flatMap(({ file, changes, statements }) =>
    changes
      .filter(({ table, updated, deleted }) => updated + deleted > maxRows && isOld(tables, table))
      .map(({ table, updated, deleted, line }) => {
        const what = [
          updated > 0 && `${counted(updated, "row", "rows")} updated`,
          deleted > 0 && `${counted(deleted, "row", "rows")} deleted`,
        ];
        const held = ms - (statements.find((statement) => statement.line === line)?.begins ?? 0);
        return finding(
          "many-rows-changed",
          { file, line },
          `${what.filter(Boolean).join(", ")} in ${table}: whoever writes one of them waits until the transaction ends, up to ${msInWords(held)}`,
          { help: "change them in small parts, outside of the migration, before what needs them" },
        );
      }),
  );

const isOld = (tables: Found["tables"], table: string): boolean =>
  tables.some((touched) => touched.table === table && touched.state !== "new");

const lostRows = ({ tables, migrations, locks }: Found): Finding[] =>
  tables.flatMap(({ table, isView, rowsBefore = 0, rowsAfter, state }) => {
    if (isView) return [];
    const lost = (message: string): Finding[] => {
      const [deletion] = migrations.flatMap(({ file, changes }) =>
        changes.filter((change) => change.table === table && change.deleted > 0).map(({ line }) => ({ file, line })),
      );
      const lock = locks.find((held) => held.table === table && held.mode === "AccessExclusiveLock");
      return [finding("rows-lost", state === "dropped" ? lock?.at : (deletion ?? lock?.at), message)];
    };
    if (state === "dropped" && rowsBefore > 0)
      return lost(`${table} is dropped, with ${counted(rowsBefore, "row", "rows")}`);
    if (rowsAfter === undefined || rowsAfter >= rowsBefore || hasMoved(table, tables)) return [];
    const gone = counted(rowsBefore - rowsAfter, "row", "rows");
    return lost(`${table} loses ${gone}: there were ${grouped(rowsBefore)}, and ${grouped(rowsAfter)} are left`);
  });

/** Whether what a partition has lost is in others of the same table. */
function hasMoved(table: string, tables: Found["tables"]): boolean {
  const of = tables.find((touched) => touched.table === table)?.partitionOf;
  if (of === undefined) return false;
  const parts = tables.filter(({ partitionOf }) => partitionOf === of);
  return parts.reduce((sum, { rowsBefore = 0, rowsAfter = 0 }) => sum + rowsAfter - rowsBefore, 0) >= 0;
}

const refused = ({ checks }: Found): Finding[] =>
  checks
    .filter(({ rows, failure }) => rows > 0 || failure !== undefined)
    .map((check) => {
      const { rows, before, failure, shown, sql } = check;
      if (failure !== undefined)
        return finding("check", check, `the check cannot be run after the migrations: ${failure.split("\n")[0]}`, {
          detail: sql,
        });
      const known =
        before === undefined
          ? "; before the migrations it could not be run"
          : before > 0
            ? `, beside ${before} of before`
            : "";
      return finding(
        "check",
        check,
        `the check finds ${counted(rows, "row", "rows")} that the migrations brought about${known}`,
        {
          detail: shown.map((row) => JSON.stringify(row)).join("\n"),
        },
      );
    });
