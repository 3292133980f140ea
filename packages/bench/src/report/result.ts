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
  /** Seconds. */
  readonly taken: number;
  readonly quick: boolean;
  /** Why the npm peers were not measured. */
  readonly peers: string | undefined;
}

export interface Line {
  readonly label: string;
  readonly median: string;
  readonly quartiles: string;
  readonly mad: string;
  readonly rounds: number;
  /** How many times as long as the first line. */
  readonly times: string;
}

export const titleOf = ({ measure, part, setting, tables, migrations }: Finding): string =>
  `${MEASURES[measure]}${part ? `: ${part}` : ""} (${tables} tables, ${migrations} migrations; ${SETTINGS[setting]})`;

export function linesOf({ samples, labels, unit }: Finding): Line[] {
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
    };
  });
}
