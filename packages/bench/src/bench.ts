/** What every measurement gets, and how hard each tries. */
import type { Finding } from "./finding.ts";
import type { Effort } from "./interleave.ts";
import type { Stage } from "./stage.ts";

/** One server with both projects, and the larger project's tables with a short history. */
export interface Scene {
  readonly small: Stage;
  readonly large: Stage;
  readonly largeShort: Stage;
}

export interface Bench {
  readonly quick: boolean;
  /** The full effort, or a small part of it. */
  effort(rounds: number, seconds: number, atLeast?: number): Effort;
  found(finding: Finding): void;
  /** What can't be measured here; said once, and in the report. */
  leaveOut(what: string, why: string): void;
  say(text: string): void;
}

const QUICK = 0.2;

export function createBench(
  quick: boolean,
  findings: Finding[],
  leftOut: Set<string>,
  say: (text: string) => void,
): Bench {
  return {
    quick,
    effort: (rounds, seconds, atLeast = 5) =>
      quick
        ? { rounds: Math.max(2, Math.round(rounds * QUICK)), seconds: seconds * QUICK, atLeast: 2 }
        : { rounds, seconds, atLeast },
    found(finding) {
      findings.push(finding);
    },
    leaveOut(what, why) {
      const words = `${what} was not measured: ${why}`;
      if (!leftOut.has(words)) say(words);
      leftOut.add(words);
    },
    say,
  };
}
