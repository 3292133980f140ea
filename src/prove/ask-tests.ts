/**
 * Asks tests whether they notice alterations: each alteration is put in place for one file of tests at a time, until one fails. No file
 * runs twice at once, since what it uses beside its database may be there once only.
 */
import { now } from "../timers.ts";
import type { Replacement } from "./work.ts";

/** One alteration of a clause, in each query that the clause is part of, with a file of tests in which it made a difference. */
export interface Question<Of> {
  readonly of: Of;
  readonly tries: readonly Try[];
}

export interface Try {
  readonly replacement: Replacement;
  /** Or `ALL`. */
  readonly file: string;
}

export type Answer =
  | { readonly fate: "noticed"; readonly by: string }
  | { readonly fate: "unasserted" }
  | { readonly fate: "undecided"; readonly why: string };

/** What runs tests, one file after the other. */
export interface Runner {
  /**
   * Runs a file of tests, or all of them where none is named.
   *
   * @param limit - milliseconds after which the run is ended, and counts as failed
   */
  run(file: string, replacement: Replacement, limit: number): Promise<TestRun>;
  close(): Promise<void>;
}

export interface TestRun {
  readonly hasPassed: boolean;
  /** Whether the altered query was sent. */
  readonly isMet: boolean;
  readonly ms: number;
}

/** All tests. */
export const ALL = "";

/** A replacement of nothing: how tests do without an alteration. */
export const NOTHING: Replacement = { id: "none", text: "\0", sql: "" };

/** How long a file may take at most: so many times what it takes without an alteration, and no less than that many milliseconds. */
const [TIMES, AT_LEAST] = [5, 15_000];
/** How long a file may take without an alteration, in milliseconds. */
const FIRST = 600_000;

/**
 * @param questions - the most telling first: where the time is up, the rest is undecided
 * @param deadline - by `now()`
 * @param answered - is told of each answer
 */
export async function askTests<Of>(
  questions: readonly Question<Of>[],
  runners: readonly Runner[],
  deadline: number,
  answered: (of: Of, answer: Answer) => void,
): Promise<void> {
  const open = questions.map(({ of, tries }) => ({ of, tries: [...tries], isAsked: false, hasRun: false, why: NEVER }));
  type Open = (typeof open)[number];
  const busy = new Set<string>();
  const controls = new Map<string, TestRun>();
  let wake: () => void = () => {};
  let freed = new Promise<void>((resolve) => {
    wake = resolve;
  });

  const isFree = ({ file }: Try): boolean => (file === ALL ? busy.size === 0 : !busy.has(file) && !busy.has(ALL));

  /** A question that nobody asks now, with one of its files that nobody runs. */
  function take(): { readonly asked: Open; readonly next: Try } | undefined {
    for (const asked of open) {
      const next = asked.isAsked ? undefined : asked.tries.find(isFree);
      if (next) return { asked, next };
    }
    return undefined;
  }

  function close(asked: Open, answer: Answer): void {
    open.splice(open.indexOf(asked), 1);
    answered(asked.of, answer);
  }

  async function ask(runner: Runner, asked: Open, { replacement, file }: Try): Promise<void> {
    const control = controls.get(file) ?? (await runner.run(file, NOTHING, FIRST));
    controls.set(file, control);
    if (!control.hasPassed) {
      asked.why = `${shown(file)} fails when it is run again, without any alteration`;
      return;
    }
    const run = await runner.run(file, replacement, Math.max(AT_LEAST, TIMES * control.ms));
    if (run.isMet && !run.hasPassed) return close(asked, { fate: "noticed", by: file });
    if (run.isMet) asked.hasRun = true;
    else asked.why = `${shown(file)} did not send the query when it was run again`;
  }

  async function work(runner: Runner): Promise<void> {
    while (open.length > 0 && now() < deadline) {
      const taken = take();
      if (!taken) {
        await freed;
        continue;
      }
      const { asked, next } = taken;
      asked.isAsked = true;
      asked.tries.splice(asked.tries.indexOf(next), 1);
      busy.add(next.file);
      try {
        await ask(runner, asked, next);
      } finally {
        busy.delete(next.file);
        asked.isAsked = false;
        wake();
        freed = new Promise((resolve) => {
          wake = resolve;
        });
      }
      if (asked.tries.length > 0 || !open.includes(asked)) continue;
      close(asked, asked.hasRun ? { fate: "unasserted" } : { fate: "undecided", why: asked.why });
    }
  }

  await Promise.all(runners.map(work));
  for (const asked of [...open]) close(asked, { fate: "undecided", why: "the time of --budget was up" });
}

const NEVER = "no test could be asked";

const shown = (file: string): string => (file === ALL ? "the command" : file);
