/** Which servers are supported, by their version. */
import { TestDbError } from "../errors.ts";
import { describeServer, type Target } from "../target/target.ts";

/** The oldest server that is supported, and tested against: its major version. */
export const OLDEST_SERVER = 15;

/** Of the version as `server_version_num` has it: 150020 is 15.20. Throws `SERVER_TOO_OLD`. */
export function assertServerVersion(target: Target, version: number): void {
  if (version >= OLDEST_SERVER * 10_000) return;
  throw new TestDbError("SERVER_TOO_OLD", {
    what: `The server at ${describeServer(target)} is PostgreSQL ${Math.floor(version / 10_000)}`,
    why: `PostgreSQL ${OLDEST_SERVER} is the oldest that is supported`,
    next: "unset TEST_DB_URL to use the embedded server, or point it at a newer one",
  });
}
