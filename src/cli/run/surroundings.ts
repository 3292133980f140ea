/** What the programs of a run find: a server, the flag, and at the end nothing of theirs on the server. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AtEnd } from "../../at-end.ts";
import { backgroundDone } from "../../control/control.ts";
import { HOLDERS_FILE, readHolders } from "../../control/holders-of-run.ts";
import { partsOf, type TestDbError, wordsOf } from "../../errors.ts";
import { openSweepSession } from "../../janitor/sweep.ts";
import { sweepRun } from "../../janitor/sweep-run.ts";
import { notice } from "../../notice.ts";
import { type AwaitedServer, awaitServer, isAway } from "../../run/await-server.ts";
import type { Target } from "../../target/target.ts";
import { busy } from "../progress.ts";
import { serverChoice } from "../server-command.ts";
import { type RunFlags, unitVariables } from "./flags.ts";

export interface Surroundings {
  /** For the programs. */
  readonly environment: NodeJS.ProcessEnv;
  /** A folder for what is of no use after the run. */
  readonly scratch: string;
}

/**
 * Where no server can be had the flag is not set, so that suites skip; unless a unit was asked for.
 *
 * @throws TestDbError of a server that may not be used; and where there is none for a unit
 */
export async function prepareSurroundings(flags: RunFlags, atEnd: AtEnd): Promise<Surroundings> {
  const scratch = mkdtempSync(join(tmpdir(), "with-test-db-run-"));
  atEnd(async () => rmSync(scratch, { recursive: true, force: true }));
  const server = await findServer(flags);
  await drawSeed();
  const { [flags.flag]: _, ...environment } = process.env;
  if (!server) return { environment, scratch };
  const holders = join(scratch, "holders");
  atEnd(server.release);
  atEnd(() => sweepAfter(server.target, holders));
  atEnd(backgroundDone);
  Object.assign(environment, { [flags.flag]: "1", [HOLDERS_FILE]: holders });
  if (flags.url !== undefined) environment["TEST_DB_URL"] = flags.url;
  return { environment, scratch };
}

/** One for all processes of the command: where each drew its own, a run could not be repeated. */
async function drawSeed(): Promise<void> {
  const { TEST_DB_SHAKE: value } = process.env;
  if (value) (await import("../../unit/shake.ts")).shakeOf(value);
}

async function findServer(flags: RunFlags): Promise<AwaitedServer | undefined> {
  try {
    return await busy("waiting for the server", () => awaitServer(serverChoice(flags.url)));
  } catch (error) {
    if (!isAway(error) || unitVariables(flags)) throw error;
    notice(noServer(error, flags.flag));
    return undefined;
  }
}

function noServer(error: TestDbError, flag: string): string {
  const { what = error.message, why, next } = partsOf.get(error) ?? {};
  const because = why ? `: ${why.split("\n")[0]}` : "";
  return `${what}${because}; ${flag} is not set, so that suites skip. next: ${next ?? "npx with-test-db status"}`;
}

/** What fails is said, and is no failure of the command. */
async function sweepAfter(target: Target, holders: string): Promise<void> {
  const used = readHolders(holders);
  if (used.length === 0) return;
  try {
    const session = await openSweepSession(target);
    try {
      const { failures } = await sweepRun(session, used);
      for (const { name, why } of failures) notice(`could not drop ${name}: ${why}`);
    } finally {
      await session.close();
    }
  } catch (error) {
    notice(`what the command left was not looked for: ${wordsOf(error)}`);
  }
}
