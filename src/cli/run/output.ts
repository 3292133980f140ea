/**
 * Where the output of one of several programs goes: on, as it comes, where the program runs alone; else all of it when the program has
 * ended, so that no other's comes in between. What is printed keeps its stream and its order.
 */
import type { StdioOptions } from "node:child_process";
import type { Hear } from "../run-program.ts";

export interface Output {
  readonly stdio: StdioOptions;
  readonly hear: Hear;
  /** Prints what was held back. */
  flush(): void;
  /** The last of what was printed, where it is kept. */
  end(): string;
}

export interface OutputChoice {
  /** Whether no other program runs meanwhile. */
  readonly isAlone: boolean;
  /** Whether the last of the output is of use later. */
  readonly isKept: boolean;
  /** Whether stdout is for something else. */
  readonly isBeside: boolean;
}

/** How much is kept, in bytes. */
const KEPT = 32_768;

export function outputOf({ isAlone, isKept, isBeside }: OutputChoice): Output {
  if (isAlone && !isKept) {
    return { stdio: ["inherit", isBeside ? 2 : "inherit", "inherit"], hear: () => {}, flush: () => {}, end: () => "" };
  }
  const print: Hear = (stream, chunk) => void process[isBeside ? "stderr" : stream].write(chunk);
  const held: Parameters<Hear>[] = [];
  let last = Buffer.alloc(0);
  return {
    stdio: [isAlone ? "inherit" : "ignore", "pipe", "pipe"],
    hear(stream, chunk) {
      if (isKept) last = Buffer.concat([last, chunk]).subarray(-KEPT);
      if (isAlone) print(stream, chunk);
      else held.push([stream, chunk]);
    },
    flush() {
      for (const [stream, chunk] of held.splice(0)) print(stream, chunk);
    },
    end: () => last.toString(),
  };
}
