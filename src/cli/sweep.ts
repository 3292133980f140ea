/** `with-test-db sweep`: drops what dead processes left. */
import type { Command } from "commander";
import { openSweepSession, SECOND_LOOK_AFTER, sweep } from "../janitor/sweep.ts";
import { describeTarget } from "../target/target.ts";
import { commandTarget, sayNoServer } from "./target.ts";

interface Flags {
  readonly url?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly all?: boolean;
}

export function addSweep(program: Command): void {
  program
    .command("sweep")
    .description("drop what dead processes left; what is in use stays")
    .option("--url <url>", "the server (default: TEST_DB_URL, else the embedded one)")
    .option("--dry-run", "say what would be dropped")
    .option("--all", "also free and kept units, and blueprints that nobody uses now")
    .option("--json", "as JSON")
    .action(async ({ url, json, dryRun = false, all = false }: Flags) => {
      const target = await commandTarget(url);
      if (!target) {
        sayNoServer(json);
        return;
      }
      const session = await openSweepSession(target);
      try {
        const swept = await sweep(session, {
          ...{ dryRun, secondLookAfter: SECOND_LOOK_AFTER },
          ...(all ? { freeAge: 0, blueprintAge: 0 } : {}),
        });
        if (swept.failures.length > 0) process.exitCode = 1;
        if (json) {
          console.log(JSON.stringify({ dryRun, ...swept }, null, 2));
          return;
        }
        const verb = dryRun ? "would drop" : "dropped";
        for (const name of swept.units) console.log(`${verb} the schema ${name}`);
        for (const name of swept.databases) console.log(`${verb} the database ${name}`);
        for (const name of swept.records) console.log(`${verb} the record of ${name}, which somebody else had dropped`);
        for (const { name, why } of swept.failures) console.error(`could not drop ${name}: ${why}`);
        const total = swept.units.length + swept.databases.length + swept.records.length;
        if (total + swept.failures.length === 0) console.log(`nothing to sweep in ${describeTarget(target)}`);
      } finally {
        await session.close();
      }
    });
}
