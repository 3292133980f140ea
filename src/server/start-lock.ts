/**
 * The start lock only spares the machine a second initdb. Two holders, or none, do no harm, because only one server gets
 * published (server-state.ts). So a dead holder never blocks a start.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wallClock } from "../timers.ts";
import { isAlive } from "./is-alive.ts";

/** A start takes about a second. A holder that has had the lock for longer than this, in milliseconds, is stuck. */
const LONGEST_START = 60_000;
/** Until its maker's id is written into it, the file is empty; it stays so where the maker is killed. In milliseconds. */
const LONGEST_EMPTY = 2_000;

const lockFile = (home: string): string => join(home, "start.lock");

export function takeStartLock(home: string): boolean {
  const file = lockFile(home);
  if (isFree(file)) rmSync(file, { force: true });
  try {
    writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    // Windows says EPERM while a removed file is still open somewhere
    if (["EEXIST", "ENOENT", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

/** For a process that the holder has started. */
export function takeOverStartLock(home: string): void {
  writeFileSync(lockFile(home), String(process.pid));
}

export function releaseStartLock(home: string): void {
  try {
    if (holderOf(lockFile(home)) === process.pid) rmSync(lockFile(home), { force: true });
  } catch {
    // Windows keeps a file that is open somewhere; the lock is free once this process is dead
  }
}

function isFree(file: string): boolean {
  try {
    const age = wallClock() - statSync(file).mtimeMs;
    const holder = holderOf(file);
    if (holder === undefined) return age > LONGEST_EMPTY;
    return age > LONGEST_START || !isAlive(holder);
  } catch {
    return true;
  }
}

const holderOf = (file: string): number | undefined => Number.parseInt(readFileSync(file, "utf8"), 10) || undefined;
