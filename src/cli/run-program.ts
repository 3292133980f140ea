/** Runs a program that has this one's terminal, or pipes. */
import type { StdioOptions } from "node:child_process";
import { constants } from "node:os";
import spawn from "cross-spawn";
import { TestDbError } from "../errors.ts";
import { codeOfSignal } from "./exit-codes.ts";

/** What a terminal sends to all of its programs at once, and what is sent to this one alone. */
const [FROM_TERMINAL, FROM_ELSEWHERE] = [
  ["SIGINT", "SIGQUIT"],
  ["SIGTERM", "SIGHUP"],
] as const;

let running = 0;

/** Whether a program runs, which a signal is meant for. */
export const isProgramRunning = (): boolean => running > 0;

/**
 * Resolves to the program's exit code; where a signal ended it, to that of shells.
 *
 * A signal ends the program, not this process, which goes on when the program has ended.
 *
 * @throws TestDbError `PROGRAM_MISSING`
 */
export async function runProgram(
  file: string,
  parameters: readonly string[],
  environment: NodeJS.ProcessEnv,
  stdio: StdioOptions = "inherit",
): Promise<number> {
  const child = spawn(file, parameters, { stdio, env: environment });
  const leave = (): void => {};
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  // without a terminal, nobody but this process has heard of it
  const onInterrupt = process.stdin.isTTY ? leave : passOn;
  for (const signal of FROM_TERMINAL) process.on(signal, onInterrupt);
  for (const signal of FROM_ELSEWHERE) process.on(signal, passOn);
  running++;
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (error) => reject(notRun(file, error)));
      child.once("close", (code, signal) => resolve(code ?? codeOfSignal(constants.signals[signal ?? "SIGKILL"])));
    });
  } finally {
    running--;
    for (const signal of FROM_TERMINAL) process.off(signal, onInterrupt);
    for (const signal of FROM_ELSEWHERE) process.off(signal, passOn);
  }
}

const notRun = (file: string, cause: Error): TestDbError =>
  new TestDbError("PROGRAM_MISSING", {
    what: `${file} could not be run`,
    why: (cause as NodeJS.ErrnoException).code === "ENOENT" ? "it is not on the PATH" : cause.message,
    next: `which ${file}`,
    cause,
  });
