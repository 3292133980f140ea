/** Removes what killed servers and killed starters left in home directories. Nothing of a living process is touched. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../timers.ts";
import { inspectServer } from "./find-server.ts";
import { removeDirectory } from "./home-directory.ts";
import { isAlive } from "./is-alive.ts";
import { readPostmaster } from "./postmaster.ts";
import { publishedFile, readState, stateFile } from "./server-state.ts";

/** How long an orphan without clients may take to shut down, in milliseconds. */
const SHUTDOWN_WITHIN = 2_000;

/**
 * The same name in two home directories is one server: its data in one, a copy of the binaries in the other.
 *
 * @param homes - that hold: whoever may write to one names files to remove, and processes to end
 */
export async function sweepOrphans(homes: readonly string[]): Promise<void> {
  const published = new Set(homes.map((home) => readState(publishedFile(home))?.run));
  const names = new Set(homes.flatMap(leftovers).filter((name) => !published.has(name)));
  const sweep = async (name: string): Promise<void> => {
    const paths = homes.map((home) => join(home, name));
    if (!(await isInUse(name, paths))) await Promise.all(paths.map(removeDirectory));
  };
  await Promise.all([...names].map(sweep));
}

/** Everything in a home directory whose name has the id of the process that made it. */
function leftovers(home: string): string[] {
  try {
    return readdirSync(home).filter((name) => /^(run|log)-\d+-/.test(name));
  } catch {
    return [];
  }
}

async function isInUse(name: string, paths: readonly string[]): Promise<boolean> {
  if (isAlive(Number(name.split("-")[1]))) return true;
  for (const path of paths) {
    const postmaster = readPostmaster(path)?.pid;
    if (postmaster === undefined || !isAlive(postmaster)) continue;
    // another process may have the id by now, so the server itself has to say that its data is here
    const state = readState(stateFile(path));
    const server = state && (await inspectServer(state).catch(() => undefined));
    if (!server || server.supervised) return true;
    // no caller knows of this server, and nothing else would stop it; clients that are connected may finish
    process.kill(postmaster, "SIGTERM");
    for (let waited = 0; waited < SHUTDOWN_WITHIN && isAlive(postmaster); waited += 50) await sleep(50);
    return isAlive(postmaster);
  }
  return false;
}
