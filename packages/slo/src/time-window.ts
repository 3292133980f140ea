const millisecondsPerDay = 86_400_000;

/** Half open: `from` belongs to it, `to` doesn't. Two windows that touch share nothing. */
export interface TimeWindow {
  from: Date;
  to: Date;
}

/** @throws {RangeError} when an end is no date or the ends are in the wrong order */
export function assertTimeWindow({ from, to }: TimeWindow): void {
  for (const [name, date] of Object.entries({ from, to })) {
    if (Number.isNaN(date.getTime())) throw new RangeError(`A window's "${name}" is not a valid date`);
  }
  if (from > to) {
    throw new RangeError(`A window ends before it begins: from ${from.toISOString()} to ${to.toISOString()}`);
  }
}

/** The days, of 24 hours each, that lead up to an instant. */
export function daysBefore(to: Date, days: number): TimeWindow {
  return { from: new Date(to.getTime() - days * millisecondsPerDay), to };
}
