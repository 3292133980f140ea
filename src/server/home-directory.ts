/**
 * A home directory holds all files of an embedded server. The directory belongs to this user alone, which is checked: in the
 * temporary directory another user could have made it first, with the address of that user's own server in it.
 *
 * ```
 * <root>/with-test-db-<uid>/          the parent
 *   pg-<version>-<machine>/           a home directory: one server of one version
 *     server.json                     the server that callers use (server-state.ts)
 *     start.lock                      the process that is starting a server (start-lock.ts)
 *     run-<pid>-<random>/             a run directory: one server's data, log and state; the pid is its first supervisor's
 *     log-<pid>-<random>              a supervisor's output; the pid is its starter's (start-supervisor.ts)
 * ```
 */
import { chmodSync, lstatSync, mkdirSync, rmdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { TestDbError } from "../errors.ts";
import { isRoot } from "./server-user.ts";

/** @throws TestDbError `EMBEDDED_FAILED` when the directory is not this user's alone */
export function openHomeDirectory(home: string): void {
  for (const directory of [dirname(home), home]) {
    try {
      makeDirectory(directory);
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

/** Makes a directory that other users cannot look into, whatever the umask. Root lets the server's user pass through. */
export function makeDirectory(directory: string): void {
  mkdirSync(directory);
  chmodSync(directory, isRoot() ? 0o711 : 0o700);
}

/** Whether a home directory is there and this user's alone. */
export function isTrusted(home: string): boolean {
  try {
    return !distrust(dirname(home)) && !distrust(home);
  } catch {
    return false;
  }
}

/** Removes a home directory and its parent where nothing is left in them. */
export function closeHomeDirectory(home: string): void {
  for (const directory of [home, dirname(home)]) {
    try {
      rmdirSync(directory);
    } catch {
      return; // in use, or gone already
    }
  }
}

/** Removes all there is. Children of a server or an initdb that was killed may be writing still, for a moment. */
export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => {});
}

function distrust(directory: string): string | undefined {
  const stat = lstatSync(directory);
  if (!stat.isDirectory()) return "it is not a directory";
  if (!process.getuid) return undefined;
  if (stat.uid !== process.getuid()) return `it belongs to the user with the id ${stat.uid}`;
  if (stat.mode & 0o022) return "others may write to it";
  return undefined;
}
