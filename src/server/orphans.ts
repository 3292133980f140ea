/** Removes what killed servers and killed starters left in a home. What may still be alive is never touched. */
import { readdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inspectServer } from "./inspect-server.ts";
import { isAlive } from "./is-alive.ts";
import { publishedFile, readState } from "./server-state.ts";

/** How long an orphan without clients may take to shut down, in milliseconds. */
const FAREWELL = 2_000;

/** Sweeps all homes. The same name in two homes is one server: its data in one, a copy of the binaries in the other. */
export async function sweepRuns(homes: readonly string[]): Promise<void> {
  const published = new Set(homes.map((home) => readState(publishedFile(home))?.run));
  const names = new Set(homes.flatMap(leftovers));
  await Promise.all(
    [...names]
      .filter((name) => !published.has(name))
      .map(async (name) => {
        const paths = homes.map((home) => join(home, name));
        if (await isInUse(name, paths)) return;
        // an initdb whose starter was killed may be writing still; it fails once its directory is gone
        const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
        await Promise.all(paths.map((path) => rm(path, options).catch(() => {})));
      }),
  );
}

/** Everything in a home that bears the id of the process that made it. */
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
    const postmaster = postmasterOf(path);
    if (postmaster === undefined || !isAlive(postmaster)) continue;
    // the id may have been given to another process since, so the server itself has to say that it is this one
    const state = readState(join(path, "state.json"));
    const server = state && (await inspectServer(state).catch(() => undefined));
    if (!server || server.supervised) return true;
    // nobody was told of it and nobody would ever stop it; those who are connected may finish
    process.kill(postmaster, "SIGTERM");
    for (let waited = 0; waited < FAREWELL && isAlive(postmaster); waited += 50) await sleep(50);
    return isAlive(postmaster);
  }
  return false;
}

/** The process that runs a data directory. A negative number is initdb's own, which ends by itself. */
function postmasterOf(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(path, "data", "postmaster.pid"), "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
