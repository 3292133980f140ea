/** The user's own steps in a home: what the migrations expect to find, and what every unit begins with. */
import { readFileSync } from "node:fs";
import { connectError } from "../connections/connect-error.ts";
import type { Session } from "../connections/session.ts";
import { whenThereIsRoom } from "../connections/waiting.ts";
import type { Connection, Driver } from "../drivers/driver.ts";
import type { TestDbError } from "../errors.ts";
import { COPY_FROM_STDIN, COPY_REMEDY, copyFromStdin } from "../migrations/copy-from-stdin.ts";
import { isFileOfRows } from "../migrations/file-of-rows.ts";
import { scriptWithRoles } from "../migrations/roles.ts";
import { LATE_REMEDY, LateError, within } from "../migrations/within.ts";
import type { KeyedStep, Steps } from "../options.ts";
import { failure } from "../sql/failure.ts";
import type { Target } from "../target/target.ts";
import { loadRows } from "./rows/load-rows.ts";

/** What a step's own connection begins with: where it finds what migrations made is no matter of a role's defaults. */
export const STEP_SETTINGS: Readonly<Record<string, string>> = { search_path: '"$user", public' };

/** What migrations may count on: what a fresh connection has by default, whatever this server's defaults are. */
export const MIGRATION_SETTINGS: Readonly<Record<string, string>> = { ...STEP_SETTINGS, row_security: "on" };

/** How long what a step left running may take to end, in milliseconds. Nothing is connected to a home afterwards. */
const GRACE = 5_000;

/**
 * Runs steps one after the other: files on the session, code with a connection of its own. Files of rows that follow one another are loaded together.
 *
 * @param deadline - how long to wait for that connection, and how long a file or the code may take, in milliseconds
 */
export async function applyStep<Context>(
  name: "prepare" | "seed",
  session: Session,
  step: Steps<Context> | undefined,
  driver: Driver<Context>,
  deadline: number,
): Promise<void> {
  if (step === undefined) return;
  const parts = "run" in step ? [step] : [...step];
  while (parts.length > 0) {
    const [part] = parts as [string | KeyedStep<Context>];
    if (name === "seed" && isFileOfRows(part)) {
      const end = parts.findIndex((each) => !isFileOfRows(each));
      const files = parts.splice(0, end < 0 ? parts.length : end).filter(isFileOfRows);
      await loadRows(session, files, deadline);
      continue;
    }
    parts.shift();
    if (typeof part === "string") await applyFiles(name, session, [part], deadline);
    else await applyCode(name, session, part, driver, deadline);
  }
}

async function applyCode<Context>(
  name: "prepare" | "seed",
  session: Session,
  step: KeyedStep<Context>,
  driver: Driver<Context>,
  deadline: number,
): Promise<void> {
  const connection = await connect(session.target, driver, deadline);
  let grace = GRACE;
  try {
    await within(
      deadline,
      () => step.run(connection.context()),
      () => {
        grace = 0;
      },
    );
  } catch (error) {
    throw stepFailure(name, `The ${name} step ${JSON.stringify(step.key)}`, error);
  } finally {
    await connection.close(grace);
  }
}

/**
 * Runs SQL files on a session.
 *
 * @param deadline - how long a file may take, in milliseconds
 */
export async function applyFiles(
  name: "prepare" | "seed",
  session: Session,
  files: readonly string[],
  deadline: number,
): Promise<void> {
  for (const file of files) {
    try {
      const sql = readFileSync(file, "utf8");
      if (copyFromStdin(sql)) throw new Error(`${COPY_FROM_STDIN}: ${COPY_REMEDY}`);
      await within(
        deadline,
        () => scriptWithRoles(session, sql),
        () => session.client.end({ timeout: 0 }),
      );
    } catch (error) {
      throw stepFailure(name, `The file ${file} of ${name}`, error);
    }
  }
}

const stepFailure = (name: "prepare" | "seed", what: string, error: unknown): TestDbError =>
  failure(
    name === "prepare" ? "PREPARE_FAILED" : "SEED_FAILED",
    { what: `${what} failed`, next: error instanceof LateError ? LATE_REMEDY : undefined },
    error,
  );

async function connect<Context>(
  target: Target,
  driver: Driver<Context>,
  deadline: number,
): Promise<Connection<Context>> {
  const connection = await driver.connect(target, STEP_SETTINGS);
  try {
    // a client connects with its first query
    await whenThereIsRoom(target, deadline, () => connection.ask("select 1"));
    return connection;
  } catch (error) {
    await connection.close();
    throw connectError(target, error);
  }
}
