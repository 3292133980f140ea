/** `with-test-db run`: runs a command with a server and the flag, and leaves nothing of the command's on the server. */
import { type Command, Option } from "commander";
import { interruptible } from "./interruptible.ts";
import { projectOptions } from "./project.ts";
import { assertCommand, unitOfFlags } from "./run/command.ts";
import { checkFlags, flagName, jobs, type RunFlags, shard, variable } from "./run/flags.ts";
import { hearSignals } from "./run/heard-signal.ts";
import { type Run, runWithUnit } from "./run/program.ts";
import { prepareSurroundings } from "./run/surroundings.ts";
import { several } from "./several.ts";

const EXAMPLES = `
Examples:
  npx with-test-db run -- vitest run
  npx with-test-db run --env DATABASE_URL -- npm test
  npx with-test-db run --env DATABASE_URL --per-file 'test/**/*.test.ts' --jobs 4 -- node --test`;

export function addRun(program: Command): void {
  const command = program
    .command("run")
    .description("run a command with a server, and the integration suites on")
    .usage("[options] -- <command...>")
    .argument("[command...]", "what is run, and its options")
    .option("--url <url>", "the server (default: TEST_DB_URL, also from .env.test, else the embedded one)")
    .option("--flag <name>", "the flag that is set", flagName, "TEST_DB_IT")
    .option("--env <name[=part]>", "a variable that leads the command to a unit of its own; can be repeated", variable)
    .option(
      "--disposable-database",
      "the unit is a database that is made for this run, and dropped (--env DATABASE_URL)",
    )
    .addOption(new Option("--isolation <kind>", "what the unit is (default: database)").choices(["schema", "database"]))
    .option("--prepare <file>", "SQL for what the migrations expect to find; can be repeated", several)
    .option("--seed <file>", "rows that the unit begins with, as SQL, CSV or JSON; can be repeated", several)
    .option("--keep", "leave the unit in place (default: after a failure, not in CI)");
  projectOptions(command)
    .option("--per-file <glob>", "run the command once for each test file, which stands for {} or comes last")
    .option("--jobs <n>", "how many files at once (default: 1)", jobs)
    .option("--shard <i/n>", "every n-th file, from the i-th on", shard)
    .option("--junit <file>", "make one JUnit file of those that the command writes to {junit}")
    .option("--json", "failures before the command, and the summary of --per-file, as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async (words: string[], flags: RunFlags) => {
      assertCommand(words, "run");
      checkFlags(flags);
      const heard = hearSignals();
      const code = await interruptible((atEnd) => run(words, flags, { heard, atEnd })).finally(heard.end);
      process.exitCode = code;
    });
}

async function run(
  command: readonly string[],
  flags: RunFlags,
  { heard, atEnd }: Pick<Run, "heard" | "atEnd">,
): Promise<number> {
  // what was written wrongly is said before anything is waited for
  const perFile = flags.perFile === undefined ? undefined : await import("./run/per-file.ts");
  const files = await perFile?.filesOf(flags);
  const unit = await unitOfFlags(flags);
  const { environment, scratch } = await prepareSurroundings(flags, atEnd);
  const each: Run = { environment, unit, heard, atEnd };
  if (perFile && files) return perFile.runPerFile(each, command, files, flags, scratch);
  const code = await runWithUnit(each, { command, name: command.join(" "), isOnly: true });
  // a signal that came first ends the process
  return code ?? new Promise<never>(() => {});
}
