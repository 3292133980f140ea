/** `with-test-db status`: which units and homes are on the server, and who has them. */
import { hostname } from "node:os";
import type { Command } from "commander";
import { openSession } from "../connections/session.ts";
import { printable } from "../errors.ts";
import { type HomeStatus, isLeftBehind, readStatus, type Status, type UnitStatus } from "../janitor/read-status.ts";
import { readKept } from "../kept/kept-notes.ts";
import { describeTarget } from "../target/target.ts";
import { busy } from "./progress.ts";
import { inColumns, sayJson, sayStyled, styled } from "./say.ts";
import { serverCommand } from "./server-command.ts";
import { sizeInWords, timeInWords } from "./words.ts";

const EXAMPLES = `
Examples:
  npx with-test-db status
  npx with-test-db status --json | jq '.units[] | select(.state == "kept") | .name'`;

export function addStatus(program: Command): void {
  serverCommand(program, "status", async (target, { json }) => {
    const session = await openSession(target);
    try {
      const status = await busy(`looking into ${describeTarget(target)}`, () => readStatus(session));
      const { pid, serverVersion: version } = session;
      if (json) sayJson({ server: { at: describeTarget(target), pid, version }, ...status });
      else sayStyled(...linesOf(describeTarget(target), version, status));
    } finally {
      await session.close();
    }
  })
    .description("list units and homes: who has them, since when, and how large they are")
    .addHelpText("after", EXAMPLES);
}

function linesOf(where: string, version: number, { units, homes }: Status): string[] {
  const lines = [
    `${styled("bold", where)}, PostgreSQL ${Math.floor(version / 10_000)}.${version % 10_000}`,
    ...(homes.length === 0 ? ["no homes, and no units: the first suite that runs here makes a home"] : []),
  ];
  if (homes.length === 0) return lines;
  const shown = units.filter(({ state }) => state === "leased" || state === "kept");
  const tests = new Map(readKept().map(({ name, test }) => [name, test]));
  return [
    ...lines,
    `units: ${shown.length} handed out or kept, ${units.length - shown.length} in the pool`,
    ...inColumns(shown.map((unit) => unitCells(unit, tests.get(unit.name)))),
    `homes: ${homes.length}`,
    ...inColumns(homes.map(homeCells)),
    ...hints(shown),
  ];
}

const unitCells = (unit: UnitStatus, test: string | undefined): string[] => [
  `  ${printable(unit.name)}`,
  unit.isolation,
  stateCell(unit),
  unit.bytes === null ? "" : sizeInWords(unit.bytes),
  styled("dim", [test && `${JSON.stringify(test)} failed`, holderWords(unit)].filter(Boolean).join(", ")),
];

function stateCell(unit: UnitStatus): string {
  const { state, exists, ageSeconds, keptForSeconds, keepAsked } = unit;
  const time = timeInWords(ageSeconds);
  if (!exists) return styled("red", "gone");
  if (state === "kept")
    return styled("green", keptForSeconds === null ? "kept" : `kept for another ${timeInWords(keptForSeconds)}`);
  if (isLeftBehind(unit)) return styled("yellow", `left behind, taken ${time} ago${keepAsked ? ", kept" : ""}`);
  return `in use for ${time}${keepAsked ? ", to be kept" : ""}`;
}

/** The machine is named where it is another one. */
function holderWords({ holder }: UnitStatus): string {
  if (!holder) return "";
  const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
  return `${holder.file ?? "no file of tests"} (pid ${holder.pid}${where})`;
}

const homeCells = ({ name, isolation, unusedSeconds, bytes }: HomeStatus): string[] => [
  `  ${printable(name)}`,
  bytes === null ? "" : sizeInWords(bytes),
  `used ${timeInWords(unusedSeconds)} ago`,
  isolation === "database" ? "units are databases" : "",
];

function hints(units: readonly UnitStatus[]): string[] {
  const isOld = units.some((unit) => isLeftBehind(unit) && !unit.keepAsked && unit.ageSeconds > 60);
  return isOld ? ["", "to drop what was left behind: npx with-test-db sweep"] : [];
}
