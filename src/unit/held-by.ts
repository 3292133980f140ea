/** Who holds a unit, as the unit's record has it, for those who look into the server. */
import { hostname } from "node:os";

/** The process that took a unit, and for which file of tests. */
export interface Holder {
  /** The file of tests, or what else called; relative to the folder in which the process was started. */
  readonly file: string | null;
  readonly pid: number;
  readonly host: string;
}

/** As the record has it: ASCII alone, since a database of another encoding may not have the letters of a path. */
export function heldBy(file: string | undefined): string {
  const holder: Holder = { file: file ?? null, pid: process.pid, host: hostname() };
  return JSON.stringify(holder).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Null where there is none: of a unit in the pool, or of a home of an earlier version. */
export function readHolder(text: string | null): Holder | null {
  try {
    const { file, pid, host } = JSON.parse(text ?? "null") as Holder;
    return { file: typeof file === "string" ? file : null, pid: Number(pid), host: String(host) };
  } catch {
    return null;
  }
}
