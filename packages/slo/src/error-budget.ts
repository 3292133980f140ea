const secondsPerDay = 86_400;

export interface ErrorBudget {
  /** What the objective allows in one period. */
  allowedSeconds: number;
  spentSeconds: number;
  /** Below zero when more was spent than allowed. */
  remainingSeconds: number;
  isExhausted: boolean;
}

/**
 * The budget of an objective that promises `target` percent over `periodDays`. Reckoned in thousandths of a percent, the
 * precision of a target, so that 100 − 99.9 is a tenth and nothing else.
 */
export function errorBudget({
  target,
  periodDays,
  spentSeconds,
}: {
  target: string;
  periodDays: number;
  spentSeconds: number;
}): ErrorBudget {
  const thousandths = 100_000 - Math.round(Number(target) * 1000);
  if (!(thousandths > 0 && thousandths < 100_000)) {
    throw new RangeError(`A target lies between 0 and 100, both excluded; got ${JSON.stringify(target)}`);
  }
  const allowedSeconds = (thousandths * periodDays * secondsPerDay) / 100_000;
  const remainingSeconds = allowedSeconds - spentSeconds;
  return { allowedSeconds, spentSeconds, remainingSeconds, isExhausted: remainingSeconds <= 0 };
}
