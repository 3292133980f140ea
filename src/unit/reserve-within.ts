import type { Connection, Reserved } from "../drivers/driver.ts";
import { clearTimeout, setTimeout } from "../timers.ts";

/**
 * One of the client's connections, if it has one to spare within so many milliseconds. Undefined where it has none or can't
 * connect; one that comes later goes back to the client.
 */
export async function reserveWithin(time: number, connection: Connection<unknown>): Promise<Reserved | undefined> {
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      isLate = true;
      resolve(undefined);
    }, time);
  });
  const reserving = connection.reserve().then(
    (reserved) => {
      if (isLate) reserved.release();
      return reserved;
    },
    () => undefined,
  );
  try {
    return await Promise.race([reserving, late]);
  } finally {
    clearTimeout(timer);
  }
}
