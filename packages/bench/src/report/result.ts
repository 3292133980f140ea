/** What a run found, as the reports get it, and the table that they have in common. */
import type { Finding } from "../finding.ts";
import { shown, type Verdict } from "../goals.ts";
import { MEASURES } from "../options.ts";
import { SETTINGS } from "../server.ts";
import { summaryOf } from "../statistics.ts";

export interface Result {
  readonly findings: readonly Finding[];
  readonly verdicts: readonly Verdict[];
  readonly machine: Readonly<Record<string, string>>;
  /** Seconds: of the whole run, and of each measure on all servers. */
  readonly taken: number;
  readonly takenBy: Readonly<Record<string, number>>;
  readonly quick: boolean;
  /** What was not measured and why, a sentence each without its full stop. */
  readonly leftOut: readonly string[];
}

export interface Line {
  readonly label: string;
  readonly median: string;
  readonly quartiles: string;
  readonly mad: string;
  readonly rounds: number;
  /** How many times as much as ours, or as the first line where there is none of ours. */
  readonly times: string;
  /** The medians of its shares, by their names. */
  readonly shares: Readonly<Record<string, string>>;
}

export const titleOf = ({ measure, part, setting, tables, migrations }: Finding): string =>
  `${MEASURES[measure]}${part ? `: ${part}` : ""} (${tables} tables, ${migrations} migrations; ${SETTINGS[setting]})`;

export function linesOf({ samples, labels, unit, shares = {} }: Finding): Line[] {
  const names = Object.keys(labels).filter((name) => samples[name]?.length);
  const base = samples[names.includes("ours") ? "ours" : (names[0] as string)];
  return names.map((name) => {
    const { n, median, mad, quartiles } = summaryOf(samples[name] as number[]);
    return {
      label: labels[name] as string,
      median: `${shown(median)} ${unit}`,
      quartiles: n === 1 ? "" : quartiles.map(shown).join(" to "),
      mad: n === 1 ? "" : shown(mad),
      rounds: n,
      times: base === samples[name] ? "" : shown(median / summaryOf(base as number[]).median),
      shares: Object.fromEntries(
        Object.entries(shares).map(([share, of]) => [share, shown(summaryOf(of[name] as number[]).median)]),
      ),
    };
  });
}
