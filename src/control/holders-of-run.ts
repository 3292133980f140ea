/**
 * Which processes had units during one `with-test-db run`: each notes the number of its lock, and the home, in a file whose path
 * the environment says. So what they left can be told from what others have, however young it is.
 */
import { appendFileSync, readFileSync } from "node:fs";

/** The variable with the path of the file. Set for a command's processes, and by nobody else. */
export const HOLDERS_FILE = "WITH_TEST_DB_HOLDERS";

/** A process that had units. */
export interface Holder {
  /** The number of its advisory lock. */
  readonly holder: number;
  /** The name of the home that had them. */
  readonly home: string;
}

/** Notes that this process is about to have units. What can't be noted is left to a later sweep. */
export function noteHolder({ holder, home }: Holder): void {
  const file = process.env[HOLDERS_FILE];
  if (!file) return;
  try {
    appendFileSync(file, `${holder} ${home}\n`);
  } catch {
    // the run is over, or this process may not write
  }
}

/** What was noted; nothing where the file is not there. */
export function readHolders(file: string): Holder[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  return [...text.matchAll(/^(-?\d{1,10}) (it_\w+)$/gm)].map(([, holder, home = ""]) => ({
    holder: Number(holder),
    home,
  }));
}
