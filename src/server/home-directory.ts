/**
 * A home directory holds all files of an embedded server. It belongs to this user alone, and so does its parent, and nobody else
 * may move them: in a shared directory another user could have made them first, with the address of that user's own server in
 * them. Of a directory that does not hold nothing is read, run or removed.
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
import { chmodSync, lstatSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { wordsOf } from "../errors.ts";
import { isRoot } from "./server-user.ts";

/** Other processes remove an empty directory, again and again, between two steps of this one. */
const ATTEMPTS = 100;

/** Makes a home directory that is not there. Returns why it does not hold, if it doesn't; nothing is made then. */
export function openHomeDirectory(home: string): string | undefined {
  const parent = dirname(home);
  for (let attempt = 1; ; attempt++) {
    try {
      const why = rootRefusal(dirname(parent)) ?? ensureOwn(parent) ?? ensureOwn(home);
      if (why !== undefined) closeHomeDirectory(home);
      return why;
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT" && !refusal(() => rootRefusal(dirname(parent)));
      if (isGone && attempt < ATTEMPTS) continue;
      closeHomeDirectory(home);
      return wordsOf(error);
    }
  }
}

/** Whether a home directory is there, and holds. */
export const isTrusted = (home: string): boolean =>
  refusal(() => rootRefusal(dirname(dirname(home))) ?? notOwn(dirname(home)) ?? notOwn(home)) === undefined;

/** Makes a directory that other users cannot look into, whatever the umask. Root lets the server's user pass through. */
export function makeDirectory(directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  chmodSync(directory, isRoot() ? 0o711 : 0o700);
}

/** Removes a home directory and its parent where they are this user's and nothing is left in them. */
export function closeHomeDirectory(home: string): void {
  for (const directory of [home, dirname(home)]) {
    try {
      if (notOwn(directory) === undefined) rmdirSync(directory);
    } catch {
      // in use, or gone already
    }
  }
}

/** Removes all there is. Children of a server or an initdb that was killed may be writing still, for a moment. */
export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }).catch(() => {});
}

function refusal(find: () => string | undefined): string | undefined {
  try {
    return find();
  } catch (error) {
    return wordsOf(error);
  }
}

/** Why nothing of ours may be in a directory that is shared with others; undefined where it may. */
function rootRefusal(root: string): string | undefined {
  const { uid, mode } = statSync(root);
  if (!process.getuid) return undefined;
  // in a sticky directory nobody moves what is another's
  const isSticky = (mode & 0o1000) !== 0;
  if (!isSticky && uid !== 0 && uid !== process.getuid()) return `${root} belongs to the user with the id ${uid}`;
  if (!isSticky && mode & 0o022) return `${root} is writable by others, who may move what is in it (chmod +t)`;
  for (let each = root; isRoot(); each = dirname(each)) {
    if (!(statSync(each).mode & 0o001)) return `${each} can't be entered by nobody, the user that the server runs as`;
    if (each === dirname(each)) break;
  }
  return undefined;
}

function ensureOwn(directory: string): string | undefined {
  try {
    makeDirectory(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return notOwn(directory);
}

function notOwn(directory: string): string | undefined {
  const stat = lstatSync(directory);
  if (!stat.isDirectory()) return `${directory} is not a directory`;
  if (!process.getuid) return undefined;
  if (stat.uid !== process.getuid()) return `${directory} belongs to the user with the id ${stat.uid}`;
  if (stat.mode & 0o022) return `${directory} is writable by others`;
  return undefined;
}
