/** The command of a run, with a unit of its own where that was asked for. */
import type { StdioOptions } from "node:child_process";
import type { AtEnd } from "../../at-end.ts";
import { printableLines, TestDbError, wordsOf } from "../../errors.ts";
import { notice } from "../../notice.ts";
import { takeUnit, type UnitOfRun } from "../../run/unit-of-run.ts";
import { setEnvironment } from "../../runners/environment.ts";
import { busy } from "../progress.ts";
import { type Hear, runProgram } from "../run-program.ts";
import type { Variables } from "./flags.ts";
import type { HeardSignal } from "./heard-signal.ts";

/** What all programs of a run have in common. */
export interface Run {
  readonly environment: NodeJS.ProcessEnv;
  /** The unit that each gets. */
  readonly unit: { readonly choice: UnitOfRun; readonly variables: Variables } | undefined;
  readonly heard: HeardSignal;
  readonly atEnd: AtEnd;
}

/** One program. */
export interface Program {
  readonly command: readonly string[];
  /** What it is called where its unit is kept. */
  readonly name: string;
  /** Whether no other runs meanwhile, nor has printed anything. */
  readonly isOnly?: boolean;
  /** Goes into the name of its unit. */
  readonly label?: string | undefined;
  readonly stdio?: StdioOptions;
  readonly hear?: Hear;
  /** Milliseconds after which it is ended. */
  readonly limit?: number | undefined;
}

/**
 * Resolves to the exit code; undefined where the run was told to end before the program began.
 *
 * @throws TestDbError `PROGRAM_MISSING`, with the exit code of shells; and where no unit can be had
 */
export async function runWithUnit(run: Run, program: Program): Promise<number | undefined> {
  const { unit, environment, heard } = run;
  if (!unit) return runCommand(program, environment);
  const { choice, variables } = unit;
  const making = takeUnit({ ...choice, label: program.label });
  const doing = `making a ${choice.isolation} of ${choice.migrationsFolder}`;
  let isMaking = true;
  // also where it is still being made when the run is broken off
  run.atEnd(() => {
    if (heard.signal && isMaking) notice(`still ${doing}, to leave nothing of it; two more signals end that`);
    return making.then((made) => made.dispose().catch(() => {})).catch(() => {});
  });
  const taken = await (program.isOnly ? busy(doing, () => making) : making).finally(() => {
    isMaking = false;
  });
  if (heard.signal) return undefined;
  const own = { ...environment };
  setEnvironment(own, variables, taken.url);
  const code = await runCommand(program, own);
  const isFailed = code !== 0 && !heard.signal;
  await taken.dispose({ failed: isFailed && program.name }).catch((error: unknown) => {
    // the exit code is the command's own
    process.stderr.write(`${printableLines(wordsOf(error))}\n`);
  });
  return code;
}

/** What shells end with where a program is not there, and where it can't be run. */
const [NOT_THERE, NOT_RUN] = [127, 126];

async function runCommand(
  { command: [file = "", ...parameters], stdio, hear, limit }: Program,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  try {
    return await runProgram(file, parameters, environment, stdio, { hear, signalsAll: true, limit });
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (error instanceof TestDbError) process.exitCode = code === "ENOENT" ? NOT_THERE : NOT_RUN;
    throw error;
  }
}
