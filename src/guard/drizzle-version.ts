/** Which versions of drizzle-orm are supported. */
import { TestDbError } from "../errors.ts";

/** The oldest line that is supported, and tested against: 0.36. */
const OLDEST_MINOR = 36;

/** @throws TestDbError `DRIZZLE_TOO_OLD` */
export function assertDrizzleVersion(version: string): void {
  const [major, minor] = version.split(".").map(Number) as [number, number];
  if (major > 0 || minor >= OLDEST_MINOR) return;
  throw new TestDbError("DRIZZLE_TOO_OLD", {
    what: `drizzle-orm ${version} is installed`,
    why: `drizzle-orm 0.${OLDEST_MINOR} is the oldest that is supported`,
    next: "npm install drizzle-orm@^0.45",
  });
}
