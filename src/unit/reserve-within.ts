import type { Connection, Reserved } from "../drivers/driver.ts";
import { clearTimeout, setTimeout } from "../timers.ts";

/**
 * One of the client's connections, if it has one to spare within so many milliseconds. Undefined where it has none or can't
 * connect; one that comes later goes back to the client.
 */
export const reserveWithin = (time: number, connection: Connection<unknown>): Promise<Reserved | undefined> =>
  takeWithin(time, connection.reserve(), (reserved) => reserved.release()).catch(() => undefined);

/** How long a client may take to have a connection for a transaction, in milliseconds. */
export const CONNECTION_WITHIN = 4_000;

/**
 * What is taken, if that is done within so many milliseconds; else undefined, and it is given back once it comes.
 *
 * @throws what taking it throws in that time
 */
export async function takeWithin<Taken>(
  time: number,
  taking: Promise<Taken>,
  giveBack: (taken: Taken) => void,
): Promise<Taken | undefined> {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve(undefined);
    }, time);
  });
  const taken = taking.then((done) => {
    if (isLate) giveBack(done);
    return done;
  });
  try {
    return await Promise.race([taken, late]);
  } finally {
    clearTimeout(timer);
  }
}
