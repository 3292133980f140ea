/** Everything, for a terminal. */
import { styleText } from "node:util";
import { shown } from "../goals.ts";
import { linesOf, type Result, titleOf } from "./result.ts";

export function textOf({ findings, verdicts, machine, taken, takenBy, leftOut }: Result): string {
  const bold = (text: string): string => styleText("bold", text);
  const lines: string[] = [];
  for (const finding of findings) {
    lines.push("", bold(titleOf(finding)));
    const rows = linesOf(finding).map(({ label, median, quartiles, mad, rounds, times, shares }) => [
      ...[plain(label), median, quartiles && `quartiles ${quartiles}`, mad && `MAD ${mad}`, `n ${rounds}`],
      times && `×${times}`,
      ...Object.entries(shares).map((share) => share.join(" ")),
    ]);
    lines.push(...aligned(rows));
    if (finding.phases) lines.push(`  where the time went: ${phasesOf(finding.phases)}`);
  }
  lines.push("", bold("Goals"));
  lines.push(
    ...aligned(
      verdicts.map(({ goal, where, wanted, measured, met }) => [
        ...[met === undefined ? "" : met ? "met" : "MISSED", plain(goal), where, measured],
        wanted && `goal: ${wanted}`,
      ]),
    ),
  );
  lines.push(
    "",
    Object.entries(machine)
      .map((entry) => entry.join(" "))
      .join(" · "),
    ...leftOut,
    `${taken.toFixed(0)} s: ${Object.entries(takenBy)
      .map(([measure, seconds]) => `${measure} ${seconds.toFixed(0)}`)
      .join(" · ")}`,
  );
  return lines.join("\n");
}

export const phasesOf = (phases: Readonly<Record<string, number>>): string =>
  Object.entries(phases)
    .map(([name, ms]) => `${name} ${shown(ms)}`)
    .join(", ");

const plain = (text: string): string => text.replaceAll(/[`*]/g, "");

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}
