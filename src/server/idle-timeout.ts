import { TestDbError } from "../errors.ts";

const VARIABLE = "TEST_DB_EMBEDDED_IDLE";
const DEFAULT = 15;

/**
 * How long no client must be connected before the embedded server stops, in seconds.
 *
 * @throws TestDbError `OPTION_INVALID`
 */
export function idleTimeout(): number {
  const value = process.env[VARIABLE];
  if (value === undefined || value.trim() === "") return DEFAULT;
  const seconds = Number(value);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new TestDbError("OPTION_INVALID", {
    what: `${VARIABLE}=${JSON.stringify(value)} is not a number of seconds`,
    why: "it says how long nobody must be connected before the embedded server stops",
    next: `${VARIABLE}=${DEFAULT} npm test`,
  });
}
