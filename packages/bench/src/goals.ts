/** What is to be reached, and whether it was. The goals are those of the project's plan, word for word where possible. */
import type { Finding } from "./finding.ts";
import type { Measure } from "./options.ts";
import { SETTINGS, type Setting } from "./server.ts";
import { type Ratio, ratioOf, summaryOf } from "./statistics.ts";

export interface Verdict {
  readonly goal: string;
  readonly where: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

interface Goal {
  readonly goal: string;
  readonly measure: Measure;
  readonly part?: (part: string) => boolean;
  readonly tables?: number;
  /** The first against the second. */
  readonly samples: readonly [string, string];
  readonly as: "times as long" | "times faster" | "more";
  readonly limit: (setting: Setting) => number;
}

const GOALS: readonly Goal[] = [
  {
    goal: "warm call, one query, dispose, against the bare limit: first call in a process",
    ...{ measure: "first", part: (part) => part === "", samples: ["ours", "bare"], as: "times as long" },
    limit: () => 1,
  },
  {
    goal: "… second and later calls in one process",
    ...{ measure: "later", part: (part) => part === "", samples: ["ours", "bare"], as: "times as long" },
    limit: () => 0.5,
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
    ...{ measure: "history", samples: ["long", "short"], as: "times as long" },
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
    ...{ as: "times as long", limit: () => 2 },
  },
  {
    goal: "every later new unit, against one bare `migrate()`",
    ...{ measure: "cold", part: (part) => part.endsWith("query"), samples: ["oursNew", "bareMigrate"] },
    ...{ as: "times as long", limit: () => 0.5 },
  },
  {
    goal: "200 files with 5 tests each under vitest, against one shared schema",
    ...{ measure: "suite", samples: ["ours", "shared"], as: "times as long", limit: () => 1.05 },
  },
  {
    goal: "warm call with 1,000 other units alive, against 10",
    ...{ measure: "crowd", samples: ["many", "few"], as: "times as long", limit: () => 1.5 },
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

function verdict({ goal, samples, as, limit }: Goal, finding: Finding): Verdict {
  const [ours, others] = samples.map((name) => finding.samples[name] ?? []) as [number[], number[]];
  const wanted = limit(finding.setting);
  // a quick run has fewer units and files than the goal speaks of
  const size = finding.measure === "crowd" || finding.measure === "suite" ? `; ${finding.part}` : "";
  const where = `${SETTINGS[finding.setting]}; ${finding.tables} tables${size}`;
  if (as === "more") {
    const more = summaryOf(ours).median - summaryOf(others).median;
    return { goal, where, wanted: `at most ${wanted}`, measured: shown(more), met: more <= wanted };
  }
  const ratio = as === "times faster" ? ratioOf(others, ours) : ratioOf(ours, others);
  const met = as === "times faster" ? ratio.value >= wanted : ratio.value <= wanted;
  const words = as === "times faster" ? `${wanted} times faster` : `at most ${wanted} times`;
  return { goal, where, wanted: words, measured: withInterval(ratio), met };
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
