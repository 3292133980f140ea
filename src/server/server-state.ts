/**
 * What is written down about a server, for callers of the same user only. `run-…/state.json` is written before the server
 * starts; `server.json` in the home directory is a second link to that file, made last: making a link is atomic and fails
 * where there is one, so callers see one server, however many come up at once.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../target/target.ts";

export interface ServerState {
  /** The name of the run directory. */
  readonly run: string;
  readonly port: number;
  readonly password: string;
  readonly dataDirectory: string;
  /** The directory of the binaries. */
  readonly native: string;
}

/** Undefined where there is no file, or no whole one. */
export function readState(file: string): ServerState | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ServerState;
  } catch {
    return undefined;
  }
}

export const stateFile = (run: string): string => join(run, "state.json");

/** The state that callers of a home directory go by. */
export const publishedFile = (home: string): string => join(home, "server.json");

/** The file is whole or not there. */
export function writeState(run: string, state: ServerState): void {
  const unfinished = `${stateFile(run)}.new`;
  writeFileSync(unfinished, JSON.stringify(state), { mode: 0o600 });
  renameSync(unfinished, stateFile(run));
}

/** Shows a server to callers. False where callers have another server. */
export function publishState(home: string, run: string): boolean {
  try {
    linkSync(stateFile(join(home, run)), publishedFile(home));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

export function withdrawState(home: string, run: string): void {
  try {
    if (readState(publishedFile(home))?.run === run) rmSync(publishedFile(home), { force: true });
  } catch {
    // Windows keeps a file that is open somewhere; callers ask the server itself before they rely on it
  }
}

export const targetOf = (state: ServerState): Target => ({
  host: "127.0.0.1",
  port: state.port,
  user: "postgres",
  password: state.password,
  database: "postgres",
  tls: "disable",
  tlsRootCert: undefined,
  origin: "embedded",
});
