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
import { chmodSync, lstatSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";
import { TestDbError } from "../errors.ts";
import { isRoot } from "./server-user.ts";

/**
 * Makes a home where there is none.
 *
 * @throws TestDbError `EMBEDDED_FAILED` when the directory is not this user's alone
 */
export function openHome(home: string): void {
  // the server's user has to pass through, and need not look around
  const mode = isRoot() ? 0o711 : 0o700;
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

function distrust(directory: string): string | undefined {
  const stat = lstatSync(directory);
  if (!stat.isDirectory()) return "it is not a directory";
  if (!process.getuid) return undefined;
  if (stat.uid !== process.getuid()) return `it belongs to the user with the id ${stat.uid}`;
  if (stat.mode & 0o022) return "others may write to it";
  return undefined;
}
