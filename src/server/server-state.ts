/**
 * What is written down about a server. `run-…/state.json` is written by its supervisor before the server starts, with
 * mode 0600; `server.json` in the home is a second link to it, made last: creating a link is atomic and fails when there is
 * one, so however many servers should come up at once, callers only ever see one.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "../target/target.ts";

/** The facts about one server. */
export interface ServerState {
  /** The name of its directory in the home. */
  readonly run: string;
  readonly port: number;
  readonly password: string;
  readonly dataDirectory: string;
  /** The directory of its binaries. */
  readonly native: string;
}

/** The state in a file; undefined when there is none or it is not whole. */
export function readState(file: string): ServerState | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ServerState;
  } catch {
    return undefined;
  }
}

/** The state that callers of a home go by. */
export const publishedFile = (home: string): string => join(home, "server.json");

/** How to reach a server. */
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
