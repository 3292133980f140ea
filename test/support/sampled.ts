/** Of what is tried one by one, every third; with `PURITY_STEP=1` all. */
export const STEP = Number(process.env["PURITY_STEP"] ?? 3);

/** @param from - where to begin: suites that share a list take turns */
export const sampled = <T>(all: readonly T[], step: number = STEP, from: number = 0): T[] =>
  all.filter((_, index) => index % step === from % step);
