/**
 * Where home directories are (home-directory.ts): in memory where there is space, else in the system's temporary directory. Two
 * processes have the same paths if they can share a server: same user, version, machine and format.
 */
import { createHash } from "node:crypto";
import { accessSync, constants, readlinkSync, statfsSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { CONTROL_FORMAT } from "../control/control-format.ts";

/** Changes with the meaning of any file in a home directory, or of any record on the server: two versions never share one. */
const FORMAT = `1 ${CONTROL_FORMAT}`;
const SHARED_MEMORY = "/dev/shm";
const TMPFS = 0x01021994;
/** A cluster of 40 MB, up to 512 MB of write-ahead log, and the tests' databases. */
const SPACE = 1024 ** 3;

/** Best first. */
export function homePaths(version: string, stateRoot?: string): readonly string[] {
  const roots = stateRoot ? [stateRoot] : onTmpfs() ? [SHARED_MEMORY, tmpdir()] : [tmpdir()];
  return roots.map((root) => join(root, `with-test-db-${userName()}`, `pg-${version}-${machine()}`));
}

/** The first path whose file system has the space. The last path is taken without a look: a full disk says so itself. */
export function homePathWithSpace(homes: readonly string[]): string {
  const found = homes.slice(0, -1).find((home) => {
    const { bavail, bsize } = statfsSync(dirname(dirname(home)));
    return bavail * bsize >= SPACE;
  });
  return found ?? (homes.at(-1) as string);
}

function onTmpfs(): boolean {
  try {
    if (process.platform !== "linux" || statfsSync(SHARED_MEMORY).type !== TMPFS) return false;
    accessSync(SHARED_MEMORY, constants.W_OK | constants.X_OK);
    return true;
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
