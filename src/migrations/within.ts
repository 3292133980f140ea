/** Work in a home that may never end: it waits for a lock, or goes round in circles. */
import { clearTimeout, setTimeout } from "../timers.ts";

/** A deadline may be short for the sake of connections, for which it counts, too: no work has less, in milliseconds. */
const SHORTEST = 1_000;

export const LATE_REMEDY = "wait longer, if it takes that long: withTestDb({ deadline: 300_000, … })";

export class LateError extends Error {}

/**
 * Awaits work, and gives it up after the deadline.
 *
 * @param work - calls `again` where its next part begins, for which the time is counted anew
 * @param giveUp - ends the connection that the work is done on; the server ends it once the database is dropped with force
 * @throws LateError
 */
export function within<T>(
  deadline: number,
  work: (again: () => void) => Promise<T>,
  giveUp: () => unknown,
): Promise<T> {
  const time = Math.max(deadline, SHORTEST);
  return new Promise<T>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      clearTimeout(timer);
    };
    const again = (): void => {
      clearTimeout(timer);
      if (isOver) return;
      timer = setTimeout(() => {
        end();
        reject(new LateError(`it did not end within ${time / 1000} s`));
        giveUp();
      }, time);
    };
    again();
    (async () => work(again))().finally(end).then(resolve, reject);
  });
}
