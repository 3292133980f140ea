/**
 * Asks tests whether they notice alterations: each alteration is put in place for one file of tests at a time, until one fails. No file
 * runs twice at once, since what it uses beside its database may be there once only.
 */
import { now } from "../timers.ts";
import type { Replacement } from "./work.ts";

/** One alteration, and the files of tests in which it made a difference. None: all tests are run, at once. */
export interface Question {
  readonly replacement: Replacement;
  readonly files: readonly string[];
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
export async function askTests(
  questions: readonly Question[],
  runners: readonly Runner[],
  deadline: number,
  answered: (question: Question, answer: Answer) => void,
): Promise<void> {
  const busy = new Set<string>();
  const controls = new Map<string, TestRun>();
  const open = questions.map((question) => ({
    question,
    files: question.files.length > 0 ? [...question.files] : [ALL],
    isAsked: false,
    hasRun: false,
    why: undefined as string | undefined,
  }));
  type Open = (typeof open)[number];
  let wake: () => void = () => {};
  let freed = Promise.resolve();
  const renew = (): void => {
    wake();
    freed = new Promise((resolve) => {
      wake = resolve;
    });
  };
  renew();

  const isFree = (file: string): boolean => (file === ALL ? busy.size === 0 : !busy.has(file) && !busy.has(ALL));

  /** A question that nobody asks now, with one of its files that nobody runs. */
  function take(): { readonly asked: Open; readonly file: string } | undefined {
    for (const asked of open) {
      const file = asked.isAsked ? undefined : asked.files.find(isFree);
      if (file !== undefined) return { asked, file };
    }
    return undefined;
  }

  function close(asked: Open, answer: Answer): void {
    open.splice(open.indexOf(asked), 1);
    answered(asked.question, answer);
  }

  async function ask(runner: Runner, asked: Open, file: string): Promise<void> {
    const control = controls.get(file) ?? (await runner.run(file, NOTHING, FIRST));
    controls.set(file, control);
    if (!control.hasPassed) {
      asked.why = `${shown(file)} fails where it runs alone, without any alteration`;
      return;
    }
    const run = await runner.run(file, asked.question.replacement, Math.max(AT_LEAST, TIMES * control.ms));
    if (run.isMet && !run.hasPassed) return close(asked, { fate: "noticed", by: file });
    if (run.isMet) asked.hasRun = true;
    else asked.why = `${shown(file)} did not send the query when it ran alone`;
  }

  async function work(runner: Runner): Promise<void> {
    while (open.length > 0 && now() < deadline) {
      const next = take();
      if (!next) {
        await freed;
        continue;
      }
      const { asked, file } = next;
      asked.isAsked = true;
      busy.add(file);
      try {
        await ask(runner, asked, file);
      } finally {
        busy.delete(file);
        asked.isAsked = false;
        asked.files.splice(asked.files.indexOf(file), 1);
        renew();
      }
      if (asked.files.length > 0 || !open.includes(asked)) continue;
      const why = asked.why ?? "no test could be asked";
      close(asked, asked.hasRun ? { fate: "unasserted" } : { fate: "undecided", why });
    }
  }

  await Promise.all(runners.map(work));
  for (const asked of [...open]) close(asked, { fate: "undecided", why: "the time of --budget was up" });
}

const shown = (file: string): string => (file === ALL ? "the command" : file);
