/** `with-test-db sweep`: drops what dead processes left. */
import type { Command } from "commander";
import { printableLines } from "../errors.ts";
import { openSweepSession, sweep } from "../janitor/sweep.ts";
import type { Swept } from "../janitor/sweeping.ts";
import { databaseKey } from "../migrations/fingerprint.ts";
import { describeTarget, type Target } from "../target/target.ts";
import { FOUND } from "./exit-codes.ts";
import { busy } from "./progress.ts";
import { say, sayJson } from "./say.ts";
import { type ServerFlags, serverCommand } from "./server-command.ts";

interface Flags extends ServerFlags {
  readonly dryRun?: boolean;
  readonly all?: boolean;
}

const EXAMPLES = `
Examples:
  npx with-test-db sweep --dry-run
  npx with-test-db sweep --all

Exit code: 1 where something could not be dropped, else 0.`;

export function addSweep(program: Command): void {
  serverCommand(program, "sweep", run)
    .description("drop what dead processes left; what is in use stays")
    .option("--dry-run", "say what would be dropped")
    .option("--all", "also the free and kept units of this database, and its homes that nobody uses now")
    .addHelpText("after", EXAMPLES);
}

async function run(target: Target, { json, dryRun = false, all = false }: Flags): Promise<void> {
  const session = await openSweepSession(target);
  try {
    const swept = await busy(`sweeping ${describeTarget(target)}`, (now) =>
      sweep(session, {
        dryRun,
        onCandidate: (name) => now(`sweeping ${name}`),
        ...(all ? { freeAge: 0, homeAge: 0, beside: databaseKey(target) } : {}),
      }),
    );
    if (swept.failures.length > 0) process.exitCode = FOUND;
    if (json) sayJson({ dryRun, ...swept });
    else sayWhat(swept, target, dryRun);
  } finally {
    await session.close();
  }
}

function sayWhat({ units, databases, records, failures }: Swept, target: Target, dryRun: boolean): void {
  const verb = dryRun ? "would drop" : "dropped";
  for (const name of units) say(`${verb} the schema ${name}`);
  for (const name of databases) say(`${verb} the database ${name}`);
  for (const name of records) say(`${verb} the record of ${name}, which somebody else had dropped`);
  for (const { name, why } of failures) console.error(printableLines(`could not drop ${name}: ${why}`));
  if (units.length + databases.length + records.length + failures.length > 0) return;
  say(`nothing to sweep in ${describeTarget(target)}`);
}
