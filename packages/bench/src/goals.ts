/** What is to be reached, and whether it was; and figures beside it for which nothing is set yet. */
import type { Finding } from "./finding.ts";
import type { Measure } from "./options.ts";
import { SETTINGS, type Setting } from "./server.ts";
import { type Ratio, ratioOf, summaryOf } from "./statistics.ts";

export interface Verdict {
  readonly goal: string;
  readonly where: string;
  readonly wanted: string;
  readonly measured: string;
  /** Undefined where nothing is to be reached: the figure is said beside the goals. */
  readonly met: boolean | undefined;
}

interface Goal {
  readonly goal: string;
  readonly measure: Measure;
  readonly part?: (part: string) => boolean;
  readonly tables?: number;
  /** The first against the second. */
  readonly samples: readonly [string, string];
  readonly as: "times as much" | "times faster" | "more";
  /** Without one, or where it is undefined, there is no verdict. */
  readonly limit?: (setting: Setting) => number | undefined;
}

const GOALS: readonly Goal[] = [
  {
    goal: "first call of a process, against a bare connection",
    ...{ measure: "first", part: (part) => part === "", tables: 30, samples: ["ours", "bare"], as: "times as much" },
    limit: (setting) => (setting === "disk" ? undefined : 1),
  },
  {
    goal: "first call of a process, against a bare connection",
    ...{ measure: "first", part: (part) => part === "", tables: 110, samples: ["ours", "bare"], as: "times as much" },
    limit: (setting) => (setting === "disk" ? undefined : 1.1),
  },
  {
    goal: "later calls of a process, against a bare connection",
    ...{ measure: "later", part: (part) => part === "", samples: ["ours", "bare"], as: "times as much" },
    limit: () => 1.1,
  },
  {
    goal: "20 lives in a row without a pause, against bare connections",
    ...{ measure: "later", part: (part) => part !== "", tables: 110, samples: ["ours", "bare"], as: "times as much" },
    limit: () => 1.3,
  },
  {
    goal: "warm call for a database, against a bare connection",
    ...{ measure: "database", samples: ["oursDatabase", "bare"], as: "times as much", limit: () => 2 },
  },
  {
    goal: "warm call for a database, against a template clone + connect + query + drop",
    ...{ measure: "database", tables: 30, samples: ["oursDatabase", "template"], as: "times faster" },
    limit: (setting) => (setting === "tmpfs" ? 4 : 40),
  },
  {
    goal: "processor time of one warm life, server and client, against a bare connection's",
    ...{ measure: "processor", samples: ["ours", "bare"], as: "times as much", limit: () => 1.4 },
  },
  {
    goal: "units a second, against bare connections",
    ...{ measure: "throughput", samples: ["ours", "bare"], as: "times as much" },
  },
  {
    goal: "warm call against connect + migrate + query + drop",
    ...{ measure: "lives", tables: 30, samples: ["ours", "migrateSchema"], as: "times faster" },
    limit: (setting) => (setting === "tmpfs" ? 40 : 60),
  },
  {
    goal: "warm call against connect + migrate + query + drop",
    ...{ measure: "lives", tables: 110, samples: ["ours", "migrateSchema"], as: "times faster" },
    limit: (setting) => (setting === "tmpfs" ? 100 : 200),
  },
  {
    goal: "warm call against a template clone + connect + query + drop",
    ...{ measure: "lives", tables: 30, samples: ["ours", "template"], as: "times faster" },
    limit: (setting) => (setting === "tmpfs" ? 4 : 40),
  },
  {
    goal: "warm call, 300 migrations against 35 on equal tables",
    ...{ measure: "history", samples: ["long", "short"], as: "times as much" },
    limit: () => 1.2,
  },
  {
    goal: "`reset()` after writing 3 tables of 110, against TRUNCATE of everything",
    ...{ measure: "between", part: (part) => part.startsWith("back"), samples: ["reset", "truncate"] },
    ...{ as: "times faster", limit: () => 20 },
  },
  {
    goal: "`rollback(fn)`: round trips over `fn`'s own",
    ...{ measure: "between", part: (part) => part.includes("rollback"), samples: ["within", "own"], as: "more" },
    limit: () => 4,
  },
  {
    goal: "first call ever, against one bare `migrate()`",
    ...{ measure: "cold", part: (part) => part.startsWith("first"), samples: ["ours", "bareMigrate"] },
    ...{ as: "times as much", limit: () => 2 },
  },
  {
    goal: "every later new unit, against one bare `migrate()`",
    ...{ measure: "cold", part: (part) => part.endsWith("query"), samples: ["oursNew", "bareMigrate"] },
    ...{ as: "times as much", limit: () => 0.5 },
  },
  {
    goal: "200 files with 5 tests each under vitest, against one shared schema",
    ...{ measure: "suite", samples: ["ours", "shared"], as: "times as much", limit: () => 1.03 },
  },
  {
    goal: "warm call with 1,000 other units alive, against 10",
    ...{ measure: "crowd", samples: ["many", "few"], as: "times as much", limit: () => 1.5 },
  },
  {
    goal: "memory over bare Drizzle and postgres.js, MB resident",
    ...{ measure: "memory", part: (part) => part === "resident", samples: ["ours", "shared"], as: "more" },
    limit: () => 15,
  },
];

export const verdictsOf = (findings: readonly Finding[]): Verdict[] =>
  GOALS.flatMap((goal) => findings.filter((finding) => concerns(goal, finding)).map((each) => verdict(goal, each)));

function concerns({ measure, part, tables, samples }: Goal, finding: Finding): boolean {
  return (
    finding.measure === measure &&
    (part?.(finding.part ?? "") ?? true) &&
    (tables === undefined || finding.tables === tables) &&
    samples.every((name) => finding.samples[name] !== undefined)
  );
}

/** Whose parts say how many there were: a quick run has fewer than the goal speaks of, and so may a machine. */
const SIZED = new Set<Measure>(["crowd", "suite", "throughput", "processor"]);

function verdict({ goal, samples, as, limit }: Goal, finding: Finding): Verdict {
  const [ours, others] = samples.map((name) => finding.samples[name] ?? []) as [number[], number[]];
  const part = SIZED.has(finding.measure) ? `; ${finding.part}` : "";
  const where = `${SETTINGS[finding.setting]}; ${finding.tables} tables${part}`;
  const { value, measured } = compared(ours, others, as);
  const wanted = limit?.(finding.setting);
  if (wanted === undefined) return { goal, where, wanted: "", measured, met: undefined };
  return {
    goal,
    where,
    wanted: WORDS[as](wanted),
    measured,
    met: as === "times faster" ? value >= wanted : value <= wanted,
  };
}

const WORDS: Readonly<Record<Goal["as"], (limit: number) => string>> = {
  "times as much": (limit) => `at most ${limit} times`,
  "times faster": (limit) => `${limit} times faster`,
  more: (limit) => `at most ${limit}`,
};

function compared(ours: number[], others: number[], as: Goal["as"]): { value: number; measured: string } {
  if (as === "more") {
    const value = summaryOf(ours).median - summaryOf(others).median;
    return { value, measured: shown(value) };
  }
  const ratio = as === "times faster" ? ratioOf(others, ours) : ratioOf(ours, others);
  return { value: ratio.value, measured: withInterval(ratio) };
}

const withInterval = ({ value, between: [low, high] }: Ratio): string =>
  `${shown(value)} (${shown(low)} to ${shown(high)})`;

/** Three digits that matter. */
export const shown = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString("en")
    : value >= 100
      ? value.toFixed(0)
      : value >= 10
        ? value.toFixed(1)
        : value.toFixed(2);
