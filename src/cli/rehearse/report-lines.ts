/** A rehearsal for people, on a terminal: the migrations, the tables, and what was found. */
import { printable } from "../../errors.ts";
import { modeInWords, worstLocks } from "../../rehearse/lock-modes.ts";
import { placeOf, type Rehearsal, type RehearsedMigration, type TouchedTable } from "../../rehearse/rehearsal.ts";
import { bytesInWords } from "../../rehearse/words.ts";
import { counted, msInWords } from "../../words.ts";
import { inColumns, styled } from "../say.ts";
import { linesOf } from "../say-findings.ts";

export function reportLines(rehearsal: Rehearsal): string[] {
  const { findings, unfilled } = rehearsal;
  return [
    ...headOf(rehearsal),
    "",
    ...migrationLines(rehearsal),
    ...section("locks", lockLines(rehearsal)),
    ...section("tables", tableLines(rehearsal)),
    ...section(
      "without made-up rows, or with fewer",
      unfilled.map(({ table, rows, why }) => printable(`  ${table}: ${counted(rows, "row", "rows")}, ${why}`)),
    ),
    "",
    ...findings.flatMap((finding) => [...linesOf(finding), ""]),
    findings.length === 0
      ? styled("green", "nothing was found")
      : styled("bold", counted(findings.length, "finding", "findings")),
  ];
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", styled("bold", title), ...lines];

function headOf({ on, beside, server, migrations, ms, size }: Rehearsal): string[] {
  const run = migrations.filter(({ state }) => state !== "skipped").length;
  const where = on === "snapshot" ? `a copy of ${beside}` : `made-up rows, beside ${beside}`;
  const sizes = `${bytesInWords(size.before)}${size.after === undefined ? "" : ` before, ${bytesInWords(size.after)} after`}`;
  return [
    printable(
      `${counted(run, "migration", "migrations")} in one transaction on ${where}, PostgreSQL ${server}: ${msInWords(ms)}, ${sizes}`,
    ),
  ];
}

function migrationLines({ migrations, rewrites }: Rehearsal): string[] {
  const rows = migrations.map((migration) => [
    `  ${migration.state === "ran" ? printable(migration.tag) : styled("red", migration.tag)}`,
    migration.state === "ran" ? msInWords(migration.ms) : styled("red", migration.state),
    slowest(migration),
    printable(
      [
        ...changed(migration),
        ...new Set(
          rewrites
            .filter(({ at }) => at.tag === migration.tag)
            .map(({ table, index }) => `${index ?? table} rewritten`),
        ),
      ].join(", "),
    ),
  ]);
  return [styled("bold", "migrations"), ...inColumns(rows)];
}

function slowest({ statements }: RehearsedMigration): string {
  const [first] = [...statements].sort((a, b) => b.ms - a.ms);
  return first && statements.length > 1 ? `line ${first.line}: ${msInWords(first.ms)}` : "";
}

const changed = ({ changes }: RehearsedMigration): string[] =>
  changes.map(({ table, inserted, updated, deleted }) => {
    const parts = [
      inserted && `${inserted} inserted`,
      updated && `${updated} updated`,
      deleted && `${deleted} deleted`,
    ];
    return `${table}: ${parts.filter(Boolean).join(", ")}`;
  });

function lockLines(rehearsal: Rehearsal): string[] {
  const colours = { "reads and writes": "red", writes: "yellow" } as Readonly<Record<string, "red" | "yellow">>;
  return inColumns(
    worstLocks(rehearsal).map(({ table, mode, blocks, ms, at }) => [
      `  ${printable(table)}`,
      styled(colours[blocks] ?? "dim", `${blocks} blocked for ${msInWords(ms)}`),
      modeInWords(mode),
      styled("dim", placeOf(at)),
    ]),
  );
}

const tableLines = ({ tables }: Rehearsal): string[] =>
  inColumns(
    tables.map((table) => [
      `  ${printable(table.table)}`,
      rowsOf(table),
      table.state === "new" ? "" : bytesInWords(table.bytesBefore),
    ]),
  );

function rowsOf({ state, rowsBefore, rowsAfter }: TouchedTable): string {
  const before = rowsBefore === undefined ? "" : counted(rowsBefore, "row", "rows");
  const withRows = (rows: string): string => [state, rows].filter(Boolean).join(", ");
  if (state === "dropped") return withRows(before);
  const after = rowsAfter === undefined ? "" : counted(rowsAfter, "row", "rows");
  if (state === "new") return withRows(after);
  return rowsAfter === undefined || rowsAfter === rowsBefore ? before : `${before} before, ${after} after`;
}
