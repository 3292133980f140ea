/** Starts a supervisor: a process that outlives its starter. It holds none of its pipes, or `npm test | tee` would never end. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join, parse } from "node:path";
import { ownFile } from "../own-file.ts";
import type { Binaries } from "./binaries.ts";
import type { ServerUser } from "./server-user.ts";

/** The number of the advisory lock that a supervisor holds in its server while it is alive. */
export const SUPERVISOR_LOCK = 1;

/** What a supervisor is told, in JSON. */
export interface SupervisorOrder extends Binaries {
  readonly home: string;
  /** All home directories for this version. */
  readonly homes: readonly string[];
  /** The user to run the server as; null for the user of this process. */
  readonly user: ServerUser | null;
  /** The idle timeout: how long no client must be connected before the server stops. */
  readonly idleSeconds: number;
  /** The name of the run directory of a running server whose supervisor was killed; null to start a server. */
  readonly adopt: string | null;
}

export interface Supervisor {
  /** Whether it failed, and its output, once it has ended. */
  exited(): { readonly failed: boolean; readonly log: string } | undefined;
  /** Removes its output. */
  forget(): void;
}

/** What a supervisor may know of its starter's environment: no `PG*`, no `NODE_OPTIONS`, no secrets. */
const ENVIRONMENT: readonly string[] = [
  ...["PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SystemRoot", "ComSpec", "USERPROFILE"],
  ...["NIX_LD", "NIX_LD_LIBRARY_PATH", "ELECTRON_RUN_AS_NODE"],
];

export function startSupervisor(order: SupervisorOrder): Supervisor {
  const program = ownFile("supervisor.mjs", "EMBEDDED_FAILED");
  const log = join(order.home, `log-${process.pid}-${randomBytes(4).toString("hex")}`);
  const environment = ENVIRONMENT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  const output = openSync(log, "wx", 0o600);
  let failed: boolean | undefined;
  let words = "";
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    cwd: parse(order.home).root,
    env: { ...Object.fromEntries(environment), LC_ALL: "C" },
    stdio: ["ignore", output, output],
    detached: true,
    windowsHide: true,
  });
  closeSync(output);
  child.once("exit", (code, signal) => {
    failed = code !== 0 && signal === null;
  });
  child.once("error", (error) => {
    failed = true;
    words = String(error);
  });
  child.unref();
  return {
    exited: () => (failed === undefined ? undefined : { failed, log: words + readFileSync(log, "utf8") }),
    forget: () => rmSync(log, { force: true }),
  };
}
