/** `with-test-db prove`: alters each query of a suite one way at a time, and says what no test notices. */
import { readFileSync } from "node:fs";
import { availableParallelism, constants } from "node:os";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { notice } from "../notice.ts";
import { commandRunner, environmentOf, withoutFile } from "../prove/command-runner.ts";
import { countsOf, type Proof } from "../prove/proof.ts";
import { prove } from "../prove/prove.ts";
import { mutationReport } from "../prove/report/mutation-report.ts";
import { proofPage } from "../prove/report/page.ts";
import { vitestArguments, vitestRunner } from "../prove/vitest-runner.ts";
import { withFallback } from "../prove/with-fallback.ts";
import { now } from "../timers.ts";
import { counted } from "../words.ts";
import { codeOfSignal, FOUND } from "./exit-codes.ts";
import { interruptible } from "./interruptible.ts";
import { busy } from "./progress.ts";
import { projectOptions } from "./project.ts";
import { readBaseline, writeBaseline, writeReport } from "./prove/baseline.ts";
import { assertValues, minutes, type ProveFlags, percent } from "./prove/flags.ts";
import { placesOfDrivers } from "./prove/places.ts";
import { reportLines } from "./prove/report-lines.ts";
import { assertCommand, unitOfFlags } from "./run/command.ts";
import { checkFlags, flagName, jobs, variable } from "./run/flags.ts";
import { hearSignals } from "./run/heard-signal.ts";
import { type Run, runWithUnit } from "./run/program.ts";
import { prepareSurroundings } from "./run/surroundings.ts";
import type { Hear } from "./run-program.ts";
import { say, sayJson, sayStyled } from "./say.ts";
import { several } from "./several.ts";

const EXAMPLES = `
Examples:
  npx with-test-db prove --html proof.html -- vitest run
  npx with-test-db prove --only src/teams --scoped-by org_id -- vitest run test/teams
  npx with-test-db prove --env DATABASE_URL --budget 10 -- npm test
  npx with-test-db prove --baseline proof.json -- vitest run`;

export function addProve(program: Command): void {
  const command = program
    .command("prove")
    .description("alter each query of a suite, one way at a time, and say what no test notices")
    .usage("[options] -- <command...>")
    .argument("[command...]", "what runs the tests; a file of tests stands for {}, or comes last")
    .option("--only <path>", "only queries that are asked there; can be repeated", several)
    .option("--scoped-by <column>", "no query may lose its condition on it; can be repeated", several)
    .option("--budget <minutes>", "how long it may take; the most telling alterations come first", minutes)
    .option("--jobs <n>", "how many files of tests are asked at once (default: one for each core)", jobs)
    .option("--min-score <percent>", "fail where fewer alterations are noticed", percent)
    .option("--baseline <file>", "fail only where something is unnoticed that is not in this file")
    .option("--update-baseline <file>", "write that file")
    .option("--html <file>", "write a page")
    .option("--mutants <file>", "write JSON of the schema mutation-testing-elements")
    .option("--json", "as JSON")
    .option("--url <url>", "the server (default: TEST_DB_URL, also from .env.test, else the embedded one)")
    .option("--flag <name>", "the flag that is set", flagName, "TEST_DB_IT")
    .option("--env <name[=part]>", "a variable that leads the command to a unit of its own; can be repeated", variable)
    .option("--disposable-database", "the unit is a database that is made for each run, and dropped")
    .addOption(new Option("--isolation <kind>", "what the unit is (default: database)").choices(["schema", "database"]))
    .option("--prepare <file>", "SQL for what the migrations expect to find; can be repeated", several)
    .option("--seed <file>", "rows that the unit begins with, as SQL, CSV or JSON; can be repeated", several);
  projectOptions(command).addHelpText("after", EXAMPLES).action(run);
}

async function run(words: string[], flags: ProveFlags): Promise<void> {
  assertCommand(words, "prove");
  // how many at once is no question of files here
  const { jobs: atOnce = availableParallelism(), ...others } = flags;
  checkFlags(others);
  assertValues(flags);
  const known = flags.baseline === undefined ? new Set<string>() : readBaseline(flags.baseline);
  const heard = hearSignals();
  const proof = await interruptible((atEnd) =>
    busy("proving", (busyWith) =>
      proveCommand(words, { ...others, jobs: atOnce }, known, { heard, atEnd }, sayTo(busyWith)),
    ),
  )
    .catch((error: unknown) => {
      if (!(error instanceof BrokenOff)) throw error;
      process.exitCode = codeOfSignal(constants.signals[error.signal]);
      return undefined;
    })
    .finally(heard.end);
  if (proof) report(proof, flags);
}

/** A signal came while a program ran, which has ended since. */
class BrokenOff extends Error {
  readonly signal: NodeJS.Signals;
  constructor(signal: NodeJS.Signals) {
    super(`broken off by ${signal}`);
    this.signal = signal;
  }
}

/** How often a log is told how far it is, in milliseconds. */
const OFTEN = 30_000;

/** Where nobody sees progress, a log says how far it is: at each step, and now and then. */
function sayTo(busyWith: (doing: string) => void): (doing: string) => void {
  let [step, last] = ["", 0];
  return (doing) => {
    busyWith(doing);
    const next = doing.replace(/:.*/, "");
    if (process.stderr.isTTY || (next === step && now() - last < OFTEN)) return;
    notice(doing);
    [step, last] = [next, now()];
  };
}

/** How much of a failed suite's output is shown, in bytes. */
const SHOWN = 16_384;

async function proveCommand(
  command: readonly string[],
  flags: ProveFlags & { readonly jobs: number },
  known: ReadonlySet<string>,
  { heard, atEnd }: Pick<Run, "heard" | "atEnd">,
  say: (doing: string) => void,
): Promise<Proof> {
  const unit = await unitOfFlags(flags);
  // what fails on purpose is of no use later
  process.env["TEST_DB_KEEP"] = "0";
  const { environment, scratch } = await prepareSurroundings(flags, atEnd);
  const places = await placesOfDrivers();
  const execute = (words: readonly string[], own: Readonly<Record<string, string>>, limit?: number, hear?: Hear) =>
    runWithUnit(
      { environment: { ...environment, ...own }, unit, heard, atEnd },
      { command: words, name: command.join(" "), stdio: ["ignore", "pipe", "pipe"], limit, ...(hear ? { hear } : {}) },
    ).then((code) => endedBySignal(code, heard));
  const vitest = unit ? undefined : vitestArguments(command);
  return prove({
    command,
    places,
    folder: join(scratch, "suite"),
    only: flags.only ?? [],
    scopedBy: flags.scopedBy ?? [],
    known,
    budget: flags.budget === undefined ? undefined : flags.budget * 60_000,
    async runSuite(isShown, limit) {
      const output: Buffer[] = [];
      const hear: Hear = (_, chunk) => void output.push(chunk);
      const code = await execute(withoutFile(command), environmentOf(join(scratch, "suite")), limit, hear);
      if (code !== 0 && isShown) process.stderr.write(Buffer.concat(output).subarray(-SHOWN));
      return code;
    },
    runners: (files) =>
      Array.from({ length: flags.jobs }, (_, index) => {
        const folder = join(scratch, `tests-${index}`);
        const byCommand = commandRunner(command, files, folder, places, execute);
        return vitest ? withFallback(vitestRunner(vitest, folder, places, environment), byCommand) : byCommand;
      }),
    say,
  });
}

/** Where a signal came before the program began, the process ends when all is undone. */
function endedBySignal(code: number | undefined, { signal }: Run["heard"]): Promise<number> | number {
  if (code === undefined) return new Promise<never>(() => {});
  if (signal) throw new BrokenOff(signal);
  return code;
}

function report(proof: Proof, flags: ProveFlags): void {
  const counts = countsOf(proof.queries.flatMap(({ alterations }) => alterations));
  if (flags.updateBaseline !== undefined) {
    const all = writeBaseline(flags.updateBaseline, proof, flags.only === undefined && counts.undecided === 0);
    notice(
      `${flags.updateBaseline} has ${counted(all, "alteration that no test notices", "alterations that no test notices")}`,
    );
  }
  if (flags.html !== undefined) writeReport(flags.html, "--html", proofPage(proof));
  if (flags.mutants !== undefined) {
    const mutants = mutationReport(proof, (file) => readFileSync(file, "utf8"));
    writeReport(flags.mutants, "--mutants", JSON.stringify(mutants));
  }
  if (flags.json) sayJson({ ...counts, ...proof });
  else {
    sayStyled(...reportLines(proof));
    if (flags.html !== undefined) say("", `the page: ${flags.html}`);
  }
  if (flags.minScore !== undefined && counts.bestScore < flags.minScore) {
    found(`the score is under ${flags.minScore} %`);
  }
  if (flags.baseline !== undefined && counts.fresh > 0)
    found(`${counts.fresh} unnoticed, and not in ${flags.baseline}`);
}

/** What the exit code is about. */
function found(what: string): void {
  process.exitCode = FOUND;
  notice(what);
}
