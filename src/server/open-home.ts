/** Takes the first home directory that holds (home-directory.ts), can be written to, and has room. */
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { TestDbError, wordsOf } from "../errors.ts";
import { closeHomeDirectory, openHomeDirectory } from "./home-directory.ts";
import { takeStartLock } from "./start-lock.ts";

const MEGABYTE = 1024 ** 2;
/** A cluster of 40 MB, up to 512 MB of write-ahead log, and the tests' databases. */
const SPACE = 1024 * MEGABYTE;
/** What a server can start with. Where none has the space, the one with the most is taken. */
const LEAST = 100 * MEGABYTE;

/**
 * @param homes - best first
 * @returns the directory, and whether this process has its start lock now
 * @throws TestDbError `EMBEDDED_FAILED`, with what is wrong with each
 */
export function openHome(
  homes: readonly string[],
  roomOf: (directory: string) => number = freeBytes,
): { readonly home: string; readonly isLocked: boolean } {
  const refusals: string[] = [];
  const rooms = new Map(homes.map((home) => [home, roomOf(dirname(dirname(home)))]));
  const room = (home: string): number => Math.min(rooms.get(home) ?? 0, SPACE);
  for (const home of [...homes].sort((a, b) => room(b) - room(a))) {
    const why = room(home) < LEAST ? tooFull(home, room(home)) : openHomeDirectory(home);
    if (why === undefined) {
      try {
        return { home, isLocked: takeStartLock(home) };
      } catch (error) {
        refusals.push(wordsOf(error));
        closeHomeDirectory(home);
      }
    } else refusals.push(why);
  }
  throw new TestDbError("EMBEDDED_FAILED", {
    what: "The embedded server has no directory to run in",
    why: refusals.join("\n"),
    next: `TMPDIR=/a/directory/of/yours npm test, with a gigabyte free there; or use a server of yours: TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test`,
  });
}

const tooFull = (home: string, room: number): string =>
  `${dirname(dirname(home))} has ${Math.floor(room / MEGABYTE)} MB free, and the server takes ${LEAST / MEGABYTE} MB at least`;

/** Of a directory that is not there, opening says so. */
function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return SPACE;
  }
}
