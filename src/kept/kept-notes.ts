/**
 * Notes of how kept units are reached, for commands that know a unit's name alone: the server may have been named for one run
 * only. A note has the server's password: it is in a directory that is this user's alone (home-directory.ts), and goes with its
 * unit. While there is a young note of a unit on an embedded server, that server stays.
 */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { closeHomeDirectory, isTrusted, openHomeDirectory } from "../server/home-directory.ts";
import { notePaths } from "../server/home-paths.ts";
import type { Target } from "../target/target.ts";
import { wallClock } from "../timers.ts";
import type { Unit } from "../unit/unit.ts";

/** What a note says. */
export interface KeptNote extends Pick<Unit, "name" | "isolation"> {
  /** The database that has the unit's record; with a schema, the unit is in it. */
  readonly home: Target;
  /** The test that failed. */
  readonly test?: string | undefined;
}

/** For how long a unit is kept after a failure, and the embedded server stays for one. */
export const HOURS = 2;
/** A note of a unit that is gone, as when another machine swept it, has no use after that, in milliseconds. */
const FORGOTTEN_AFTER = 7 * 24 * 3_600_000;

/** A name in a path is a unit's, and nothing else. */
const UNIT = /^it_[a-z0-9_]+$/;

/** Writes a note. False where no directory is safe. */
export function noteKept(note: KeptNote, directories: readonly string[] = notePaths()): boolean {
  const { tlsRootCert } = note.home;
  const isFile = tlsRootCert !== undefined && tlsRootCert !== "system";
  const home = { ...note.home, tlsRootCert: isFile ? resolve(tlsRootCert) : tlsRootCert };
  return directories.some((directory) => {
    try {
      if (openHomeDirectory(directory) !== undefined) return false;
      const unfinished = join(directory, `${note.name}.new`);
      writeFileSync(unfinished, JSON.stringify({ ...note, home }), { flag: "wx", mode: 0o600 });
      renameSync(unfinished, noteFile(directory, note.name));
      forgetOld(directory);
      return true;
    } catch {
      return false;
    }
  });
}

/** The notes of all units, or of one; the youngest first. */
export function readKept(directories: readonly string[] = notePaths(), name?: string): KeptNote[] {
  const found = directories.filter(isTrusted).flatMap((directory) => read(directory, name));
  return found.sort((a, b) => a.age - b.age).map(({ note }) => note);
}

/** Removes the notes of units that are gone. */
export function forgetKept(name: string, directories: readonly string[] = notePaths()): void {
  for (const directory of directories.filter(isTrusted)) {
    if (UNIT.test(name)) rmSync(noteFile(directory, name), { force: true });
    closeHomeDirectory(directory);
  }
}

/** Whether a unit was kept on an embedded server that somebody may yet look into. */
export const isKeptFor = (port: number, directories: readonly string[]): boolean =>
  directories
    .filter(isTrusted)
    .flatMap((directory) => read(directory))
    .some(({ note, age }) => isEmbedded(note, port) && age < HOURS * 3_600_000);

/** Removes the notes of units on an embedded server that has ended. */
export function forgetServer(port: number, directories: readonly string[]): void {
  for (const note of readKept(directories)) if (isEmbedded(note, port)) forgetKept(note.name, directories);
}

const isEmbedded = ({ home }: KeptNote, port: number): boolean => home.origin === "embedded" && home.port === port;

const noteFile = (directory: string, name: string): string => join(directory, `${name}.json`);

interface Found {
  readonly note: KeptNote;
  /** In milliseconds, by the file system's clock: a test may have set its own. */
  readonly age: number;
}

function read(directory: string, wanted?: string): Found[] {
  const names = wanted === undefined ? list(directory) : [wanted].filter((name) => UNIT.test(name));
  return names.flatMap((name) => {
    try {
      const file = noteFile(directory, name);
      const age = wallClock() - statSync(file).mtimeMs;
      return [{ note: JSON.parse(readFileSync(file, "utf8")) as KeptNote, age }];
    } catch {
      return []; // gone meanwhile
    }
  });
}

const list = (directory: string): string[] =>
  readdirSync(directory).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);

function forgetOld(directory: string): void {
  for (const { note, age } of read(directory))
    if (age > FORGOTTEN_AFTER) rmSync(noteFile(directory, note.name), { force: true });
}
