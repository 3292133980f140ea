/** The user's own steps in a blueprint: what the migrations expect to find, and what every unit begins with. */
import { readFileSync } from "node:fs";
import { connectError } from "../connections/connect-error.ts";
import type { Session } from "../connections/session.ts";
import { whenThereIsRoom } from "../connections/waiting.ts";
import type { Driver } from "../drivers/driver.ts";
import type { TestDbErrorCode } from "../errors.ts";
import { COPY_FROM_STDIN, COPY_REMEDY, copyFromStdin } from "../migrations/copy-from-stdin.ts";
import type { KeyedStep } from "../options.ts";
import { failure } from "../sql/failure.ts";

/** What a step's own connection begins with: where it finds what migrations made is no matter of a role's defaults. */
export const STEP_SETTINGS: Readonly<Record<string, string>> = { search_path: '"$user", public' };

/** How long what a step left running may take to end, in milliseconds. Nothing is connected to a blueprint afterwards. */
const GRACE = 5_000;

/** Runs `prepare`: SQL files on the session, code with a connection of its own, for which it waits up to the deadline. */
export async function applyPrepare<Context>(
  session: Session,
  prepare: readonly string[] | KeyedStep<Context> | undefined,
  driver: Driver<Context>,
  deadline: number,
): Promise<void> {
  if (prepare === undefined) return;
  if ("run" in prepare) return applyStep("PREPARE_FAILED", "prepare", session, prepare, driver, deadline);
  for (const file of prepare) {
    try {
      const sql = readFileSync(file, "utf8");
      if (copyFromStdin(sql)) throw new Error(`${COPY_FROM_STDIN}: ${COPY_REMEDY}`);
      await session.script(sql);
    } catch (error) {
      throw failure("PREPARE_FAILED", { what: `The file ${file} of prepare failed` }, error);
    }
  }
}

/** Runs `seed`, likewise. */
export async function applySeed<Context>(
  session: Session,
  seed: KeyedStep<Context> | undefined,
  driver: Driver<Context>,
  deadline: number,
): Promise<void> {
  if (seed) await applyStep("SEED_FAILED", "seed", session, seed, driver, deadline);
}

async function applyStep<Context>(
  code: TestDbErrorCode,
  name: string,
  { target }: Session,
  step: KeyedStep<Context>,
  driver: Driver<Context>,
  deadline: number,
): Promise<void> {
  const connection = await driver.connect(target, STEP_SETTINGS);
  try {
    // the client connects with its first query
    await whenThereIsRoom(target, deadline, () => connection.ask("select 1"));
  } catch (error) {
    await connection.close();
    throw connectError(target, error);
  }
  try {
    await step.run(connection.context);
  } catch (error) {
    throw failure(code, { what: `The ${name} step ${JSON.stringify(step.key)} failed` }, error);
  } finally {
    await connection.close(GRACE);
  }
}
