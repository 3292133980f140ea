/** What is said of samples: medians, since a machine does other things as well, and how sure they are. */
import { median, medianAbsoluteDeviation, quantile, sampleWithReplacement } from "simple-statistics";
import { randomFrom } from "./random.ts";

export interface Summary {
  readonly n: number;
  readonly median: number;
  /** Median absolute deviation. */
  readonly mad: number;
  /** The middle half of the samples. */
  readonly quartiles: readonly [number, number];
}

export function summaryOf(samples: readonly number[]): Summary {
  const list = [...samples];
  return {
    n: list.length,
    median: median(list),
    mad: medianAbsoluteDeviation(list),
    quartiles: [quantile(list, 0.25), quantile(list, 0.75)],
  };
}

export interface Ratio {
  readonly value: number;
  /** In 95 of 100 runs like this one the ratio would be in between. */
  readonly between: readonly [number, number];
}

const RESAMPLES = 1_000;

/** How many times `b` goes into `a`, by medians; the interval is bootstrapped over rounds, in which both were measured. */
export function ratioOf(a: readonly number[], b: readonly number[]): Ratio {
  const random = randomFrom(a.length);
  const paired = a.length === b.length;
  const rounds = a.map((value, i) => [value, b[i] as number] as const);
  const ratios = Array.from({ length: RESAMPLES }, () => {
    if (!paired) return median(resample([...a], random)) / median(resample([...b], random));
    const chosen = sampleWithReplacement(rounds as [number, number][], rounds.length, random);
    return median(chosen.map(([value]) => value)) / median(chosen.map(([, value]) => value));
  });
  return {
    value: median([...a]) / median([...b]),
    between: [quantile(ratios, 0.025), quantile(ratios, 0.975)],
  };
}

const resample = (list: number[], random: () => number): number[] => sampleWithReplacement(list, list.length, random);
