/** The user's own steps in a blueprint: what the migrations expect to find, and what every unit begins with. */
import { readFileSync } from "node:fs";
import type { Session } from "../connections/session.ts";
import type { Connection, Driver } from "../drivers/driver.ts";
import type { TestDbError, TestDbErrorCode } from "../errors.ts";
import { COPY_FROM_STDIN, COPY_REMEDY, copyFromStdin } from "../migrations/copy-from-stdin.ts";
import type { KeyedStep } from "../options.ts";
import { failure } from "../sql/failure.ts";

/** What a step's own connection begins with: where it finds what migrations made is no matter of a role's defaults. */
type Settings = Readonly<Record<string, string>>;

/** How long what a step left running may take to end, in milliseconds. Nothing is connected to a blueprint afterwards. */
const GRACE = 5_000;

/** Runs `prepare`: SQL files on the session, code with a connection of its own. */
export async function applyPrepare<Context>(
  session: Session,
  prepare: readonly string[] | KeyedStep<Context> | undefined,
  driver: Driver<Context>,
  settings: Settings,
): Promise<void> {
  if (prepare === undefined) return;
  if ("run" in prepare) return applyStep("PREPARE_FAILED", "prepare", session, prepare, driver, settings);
  for (const file of prepare) {
    try {
      const sql = readFileSync(file, "utf8");
      if (copyFromStdin(sql)) throw new Error(`${COPY_FROM_STDIN}: ${COPY_REMEDY}`);
      await session.script(sql);
    } catch (error) {
      throw stepError("PREPARE_FAILED", `The file ${file} of prepare`, error);
    }
  }
}

/** Runs `seed`. */
export async function applySeed<Context>(
  session: Session,
  seed: KeyedStep<Context> | undefined,
  driver: Driver<Context>,
  settings: Settings,
): Promise<void> {
  if (seed) await applyStep("SEED_FAILED", "seed", session, seed, driver, settings);
}

async function applyStep<Context>(
  code: TestDbErrorCode,
  name: string,
  session: Session,
  step: KeyedStep<Context>,
  driver: Driver<Context>,
  settings: Settings,
): Promise<void> {
  let connection: Connection<Context> | undefined;
  try {
    connection = await driver.connect(session.target, settings);
    await step.run(connection.context);
  } catch (error) {
    throw stepError(code, `The ${name} step ${JSON.stringify(step.key)}`, error);
  } finally {
    await connection?.close(GRACE);
  }
}

function stepError(code: TestDbErrorCode, what: string, error: unknown): TestDbError {
  return failure(code, { what: `${what} failed` }, error);
}
