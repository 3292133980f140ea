/** The commands that look at a standing database, and change nothing. */
import type { Command } from "commander";
import { describeDifference } from "../../proof/describe-differences.ts";
import { readStandingStatus, type StandingStatus } from "../../standing/read-status.ts";
import { type Verified, verifyStanding } from "../../standing/verify.ts";
import { counted } from "../../words.ts";
import { FOUND } from "../exit-codes.ts";
import { interruptible } from "../interruptible.ts";
import { busy } from "../progress.ts";
import { inColumns, say, sayJson } from "../say.ts";
import { at } from "./commands.ts";
import { projectCommand, projectOf, type StandingFlags, seedOption } from "./standing-command.ts";

export function addLooks(database: Command): void {
  seedOption(projectCommand(database, "verify"))
    .description("compare it with what the migrations make, object by object; exit code 1 where it differs")
    .action(verify);

  projectCommand(database, "status")
    .description("its migrations, its size, the rows of each table, and who is connected")
    .action(async (flags: StandingFlags) => {
      const status = await readStandingStatus(await projectOf(flags));
      if (flags.json) sayJson(status);
      else say(...linesOf(status));
    });
}

async function verify(flags: StandingFlags): Promise<void> {
  const project = await projectOf(flags);
  const found = await busy(`comparing ${project.name} with what the migrations make`, () =>
    interruptible((atEnd) => verifyStanding(project, atEnd)),
  );
  const lines = findingsOf(found);
  if (lines.length > 0) process.exitCode = FOUND;
  if (flags.json) {
    const differences = found.differences.map(({ origin, unit, ...rest }) => ({
      ...rest,
      migrations: origin ?? null,
      database: unit ?? null,
    }));
    return sayJson({ database: at(project), isSame: lines.length === 0, ...found, differences });
  }
  if (lines.length === 0) return say(`${at(project)} is what the migrations make`);
  say(`${at(project)} is not what the migrations make:`, ...lines.map((line) => `  ${line}`));
}

const findingsOf = ({ history, pending, differences }: Verified): string[] => [
  ...history,
  ...pending.map((tag) => `the migration ${tag} is pending`),
  ...differences.map((difference) => describeDifference(difference, "database")),
];

function linesOf({ at, size, applied, pending, history, tables, sessions }: StandingStatus): string[] {
  return [
    `${at}  ${size}`,
    `migrations: ${applied.length} applied, ${pending.length} pending`,
    ...pending.map((tag) => `  ${tag} is pending`),
    ...history.map((fault) => `  ${fault}`),
    `tables: ${tables.length}`,
    ...inColumns(
      tables.map(({ table, rows }) => [
        `  ${table}`,
        rows === null ? "rows that row security hides" : counted(rows, "row", "rows"),
      ]),
    ),
    `sessions: ${sessions.length}`,
    ...inColumns(
      sessions.map(({ pid, user, application, state, since }) => [
        `  ${pid}`,
        user,
        application || "(no name)",
        `${state ?? "unknown"} since ${since}`,
      ]),
    ),
  ];
}
