/**
 * Where home directories may be (home-directory.ts): in memory, in the system's temporary directory, and in /tmp. Two processes
 * have the same paths if they can share a server: same user, version, machine and format.
 */
import { createHash } from "node:crypto";
import { readlinkSync, realpathSync, statfsSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { CONTROL_FORMAT } from "../control/control-format.ts";

/** Changes with the meaning of any file in a home directory, or of any record on the server: two versions never share one. */
const FORMAT = `1 ${CONTROL_FORMAT}`;
const SHARED_MEMORY = "/dev/shm";
const TMPFS = 0x01021994;

/** Best first. Not all of them hold: open-home.ts. */
export function homePaths(version: string, roots: readonly string[] = stateRoots()): readonly string[] {
  return [...new Set(roots.map(real))].map((root) =>
    join(root, `with-test-db-${userName()}`, `pg-${version}-${machine()}`),
  );
}

/** Where it is noted how kept units are reached (kept-notes.ts), best first. */
export const notePaths = (roots: readonly string[] = stateRoots()): readonly string[] =>
  [...new Set(roots.map(real))].map((root) => join(root, `with-test-db-${userName()}`, NOTES));

/** The same, from where home directories are. */
export const notesBeside = (homes: readonly string[]): readonly string[] =>
  homes.map((home) => join(dirname(home), NOTES));

/** Each version has its own, as it has its own homes. */
const NOTES = `kept-${CONTROL_FORMAT}`;

/** The same paths for a copy of the binaries, best first: shared memory is often mounted noexec. */
export const pathsForCopy = (homes: readonly string[]): readonly string[] => {
  const isShared = (home: string): boolean => home.startsWith(`${SHARED_MEMORY}/`);
  return [...homes.filter((home) => !isShared(home)), ...homes.filter(isShared)];
};

const stateRoots = (): string[] => [
  ...[...(hasSharedMemory() ? [SHARED_MEMORY] : []), tmpdir()],
  ...(process.platform === "win32" ? [] : ["/tmp"]),
];

/** What a link leads to may be checked, and does not change afterwards. */
function real(root: string): string {
  try {
    return realpathSync(root);
  } catch {
    return root;
  }
}

function hasSharedMemory(): boolean {
  try {
    return process.platform === "linux" && statfsSync(SHARED_MEMORY).type === TMPFS;
  } catch {
    return false;
  }
}

/** Windows has no user ids. */
const userName = (): string => String(process.getuid?.() ?? userInfo().username.replace(/\W/g, "_"));

/**
 * Containers that share a file system, but neither processes nor the loopback address, must not share a server: each
 * would take the other's server for dead, and remove it.
 */
function machine(): string {
  const hash = createHash("sha256").update(FORMAT);
  for (const kind of ["pid", "net"]) {
    try {
      hash.update(readlinkSync(`/proc/self/ns/${kind}`));
    } catch {
      // only Linux has any
    }
  }
  return hash.digest("hex").slice(0, 8);
}
