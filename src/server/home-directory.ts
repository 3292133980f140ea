/**
 * The directories the embedded server lives in. They belong to this user alone, which is checked: in a directory that
 * anybody may write to, somebody else could have made ours first and put their own server's address into it.
 *
 * ```
 * <root>/with-test-db-<uid>/          the parent
 *   pg-<version>-<machine>/           a home: one server of one version
 *     server.json                     the server that callers use (see server-state.ts)
 *     start.lock                      who is starting one (see start-lock.ts)
 *     run-<pid>-<random>/             one server's data, log and facts; the pid is its first supervisor's
 * ```
 */
import { createHash } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statfsSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { CONTROL_FORMAT } from "../control/control-schema.ts";
import { TestDbError } from "../errors.ts";

/** Changes with the meaning of any file below a home, or of any record on the server: two versions never share one. */
const FORMAT = `1 ${CONTROL_FORMAT}`;
const SHARED_MEMORY = "/dev/shm";
const TMPFS = 0x01021994;
/** A cluster of 40 MB, up to 512 MB of write-ahead log, and room for the tests' databases. */
const ROOM = 1024 ** 3;

/** A Unix user to run the server as, because Postgres refuses to run as root. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const asRoot = (): boolean => process.getuid?.() === 0;

/** Every home that may hold a server of this version, best first. */
export function homesOf(version: string, stateRoot?: string): readonly string[] {
  const roots = stateRoot ? [stateRoot] : onTmpfs() ? [SHARED_MEMORY, tmpdir()] : [tmpdir()];
  return roots.map((root) => join(root, `with-test-db-${userName()}`, `pg-${version}-${machine()}`));
}

/** The first home whose file system has room. The last one is taken as it is: a full disk says so itself. */
export function homeWithRoom(homes: readonly string[]): string {
  const roomy = homes.slice(0, -1).find((home) => {
    const { bavail, bsize } = statfsSync(dirname(dirname(home)));
    return bavail * bsize >= ROOM;
  });
  return roomy ?? (homes[homes.length - 1] as string);
}

/**
 * Makes a home where there is none.
 *
 * @throws TestDbError `EMBEDDED_FAILED` when the directory is not this user's alone
 */
export function openHome(home: string): void {
  // the server's user has to pass through, and need not look around
  const mode = asRoot() ? 0o711 : 0o700;
  for (const directory of [dirname(home), home]) {
    try {
      mkdirSync(directory);
      chmodSync(directory, mode);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const why = distrust(directory);
    if (why) {
      throw new TestDbError("EMBEDDED_FAILED", {
        what: `The embedded server's directory ${directory} cannot be trusted`,
        why: `${why}; another user of this machine may have made it`,
        next: `remove ${directory}, or set TMPDIR to a directory of yours`,
      });
    }
  }
}

/** Whether a home is there and this user's alone. */
export function isTrusted(home: string): boolean {
  try {
    return !distrust(dirname(home)) && !distrust(home);
  } catch {
    return false;
  }
}

/** Removes a home and its parent where nothing is left in them. */
export function closeHome(home: string): void {
  for (const directory of [home, dirname(home)]) {
    try {
      rmdirSync(directory);
    } catch {
      return; // in use, or gone already
    }
  }
}

/**
 * The user to run Postgres as; undefined for "as we are".
 *
 * @throws TestDbError `EMBEDDED_FAILED` when we are root and there is no other user
 */
export function serverUser(passwd: string = "/etc/passwd"): ServerUser | undefined {
  if (!asRoot()) return undefined;
  // initdb looks its user up, so a number without an entry won't do
  const entry = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync(passwd, "utf8"));
  if (entry) return { uid: Number(entry[1]), gid: Number(entry[2]) };
  throw new TestDbError("EMBEDDED_FAILED", {
    what: "The embedded server cannot run as root",
    why: `Postgres refuses to, and ${passwd} has no user "nobody" to run it as`,
    next: "useradd --system nobody",
  });
}

function distrust(directory: string): string | undefined {
  const stat = lstatSync(directory);
  if (!stat.isDirectory()) return "it is not a directory";
  if (!process.getuid) return undefined;
  if (stat.uid !== process.getuid()) return `it belongs to the user with the id ${stat.uid}`;
  if (stat.mode & 0o022) return "others may write to it";
  return undefined;
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
 * would take the other's for dead, and remove it.
 */
function machine(): string {
  const namespaces = ["pid", "net"].map((kind) => {
    try {
      return readlinkSync(`/proc/self/ns/${kind}`);
    } catch {
      return "";
    }
  });
  return createHash("sha256")
    .update([FORMAT, ...namespaces].join())
    .digest("hex")
    .slice(0, 8);
}
