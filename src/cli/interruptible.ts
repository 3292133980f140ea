/**
 * Work that undoes what it made when it ends: also when it fails, and on SIGINT, SIGTERM and SIGHUP. While a program runs
 * (run-program.ts), a signal is for that program, and the work goes on when the program has ended.
 */
import { constants } from "node:os";
import type { AtEnd } from "../at-end.ts";
import { codeOfSignal } from "./exit-codes.ts";
import { isProgramRunning } from "./run-program.ts";

/** What ends a command from outside. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How many signals end the process though something is still being undone. */
const IMPATIENT = 3;

/**
 * Has a signal that nobody else hears end the process as it ends by itself, with what is done then: folders for scratch are removed, and
 * the programs that work there end.
 */
export function endOnSignals(): void {
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) process.exit(codeOfSignal(constants.signals[signal]));
    });
  }
}

/**
 * @param work - says with `atEnd` how to undo what it has made; the last is undone first
 *
 * @example
 * ```ts
 * await interruptible(async (atEnd) => {
 *   await create(name);
 *   atEnd(() => drop(name));
 *   …
 * });
 * ```
 */
export async function interruptible<T>(work: (atEnd: AtEnd) => Promise<T>): Promise<T> {
  const undoing: (() => Promise<unknown>)[] = [];
  const undo = async (): Promise<void> => {
    for (let next = undoing.pop(); next; next = undoing.pop()) await next();
  };
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isProgramRunning()) return;
    const code = codeOfSignal(constants.signals[signal]);
    if (++signals >= IMPATIENT) process.exit(code);
    if (signals > 1) return;
    // what fails now is left to a sweep
    void undo()
      .catch(() => {})
      .finally(() => process.exit(code));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const result = await work((next) => undoing.push(next));
    await undo();
    return result;
  } catch (error) {
    // a signal has the last word: the work fails because of what is undone
    if (signals > 0) return await new Promise<never>(() => {});
    await undo().catch(() => {});
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
