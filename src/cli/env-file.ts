/** `.env.test` of the current folder: what names the server for tests, where the environment does not. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { TestDbError, wordsOf } from "../errors.ts";

const FILE = ".env.test";

/**
 * Sets the variables of our own that are in the file, unless they are set. All others are the application's, and its own matter.
 *
 * @throws TestDbError `OPTION_INVALID` where it cannot be read: without it, another server would be used
 */
export function readEnvFile(environment: NodeJS.ProcessEnv = process.env, folder: string = process.cwd()): void {
  const file = join(folder, FILE);
  if (!existsSync(file)) return;
  // editors on Windows put a byte order mark before the first name
  for (const [name, value] of Object.entries(parseEnv(textOf(file).replace(/^\ufeff/, ""))))
    if (name.startsWith("TEST_DB_")) environment[name] ??= value;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new TestDbError("OPTION_INVALID", {
      what: `The file ${FILE} cannot be read`,
      why: wordsOf(cause),
      next: `ls -ld ${FILE}; it is a file with TEST_DB_URL=postgres://…, or not there`,
      cause,
    });
  }
}
