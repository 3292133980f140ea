/** Runs a program that has this one's terminal, or pipes. */
import type { ChildProcess, StdioOptions } from "node:child_process";
import { constants } from "node:os";
import spawn from "cross-spawn";
import { TestDbError } from "../errors.ts";
import { shellWord } from "../sql/identifiers.ts";
import { codeOfSignal } from "./exit-codes.ts";

/** What a terminal sends to all of its programs at once, and what is sent to this one alone. */
const [FROM_TERMINAL, FROM_ELSEWHERE] = [
  ["SIGINT", "SIGQUIT"],
  ["SIGTERM", "SIGHUP"],
] as const;

/** With whether a program is the first of a process group of its own. */
const running = new Map<ChildProcess, boolean>();

/** Whether a program runs, which a signal is meant for. */
export const isProgramRunning = (): boolean => running.size > 0;

/** What a program prints, where its output is piped. */
export type Hear = (stream: "stdout" | "stderr", chunk: Buffer) => void;

export interface ProgramOptions {
  readonly hear?: Hear | undefined;
  /**
   * Whether a signal without a terminal reaches what the program has started, too, as one from a terminal does: npm hands on little.
   * `@default false`
   */
  readonly signalsAll?: boolean;
  /** Milliseconds after which the program, and what it has started, is ended. `@default` as long as it takes */
  readonly limit?: number | undefined;
}

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
  { hear, signalsAll = false, limit }: ProgramOptions = {},
): Promise<number> {
  // in a group of its own a program could not read from a terminal; Windows has no groups
  const detached = signalsAll && !process.stdin.isTTY && process.platform !== "win32";
  const child = spawn(file, parameters, { stdio, env: environment, detached });
  for (const stream of ["stdout", "stderr"] as const) child[stream]?.on("data", (chunk) => hear?.(stream, chunk));
  if (running.size === 0) listen("on");
  running.set(child, detached);
  const timer = limit === undefined ? undefined : setTimeout(() => endProgram(child, detached), limit);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (error) => reject(notRun(file, error)));
      child.once("close", (code, signal) => resolve(code ?? codeOfSignal(constants.signals[signal ?? "SIGKILL"])));
    });
  } finally {
    clearTimeout(timer);
    running.delete(child);
    if (running.size === 0) listen("off");
  }
}

function listen(how: "on" | "off"): void {
  for (const signal of FROM_TERMINAL) process[how](signal, onInterrupt);
  for (const signal of FROM_ELSEWHERE) process[how](signal, passOn);
}

function passOn(signal: NodeJS.Signals): void {
  for (const [child, isGroup] of running) {
    if (isGroup && child.pid !== undefined) signalGroup(child.pid, signal);
    else child.kill(signal);
  }
}

function endProgram(child: ChildProcess, isGroup: boolean): void {
  if (isGroup && child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
  else child.kill("SIGKILL");
}

function signalGroup(first: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-first, signal);
  } catch {
    // all of it has ended
  }
}

/** Without a terminal, nobody but this process has heard of it. */
function onInterrupt(signal: NodeJS.Signals): void {
  if (!process.stdin.isTTY) passOn(signal);
}

function notRun(file: string, cause: Error): TestDbError {
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  return new TestDbError("PROGRAM_MISSING", {
    what: `${file} could not be run`,
    why: isMissing ? "it is not there, or not on the PATH" : cause.message,
    next: `${isMissing ? "command -v" : "ls -ld"} ${shellWord(file)}`,
    cause,
  });
}
