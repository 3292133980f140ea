/** `.env.test` of the current folder: what names the server for tests, where the environment does not. */
import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

const FILE = ".env.test";

/** Sets the variables of our own that are in the file, unless they are set. All others are the application's, and its own matter. */
export function readEnvFile(environment: NodeJS.ProcessEnv = process.env): void {
  if (!existsSync(FILE)) return;
  for (const [name, value] of Object.entries(parseEnv(readFileSync(FILE, "utf8"))))
    if (name.startsWith("TEST_DB_")) environment[name] ??= value;
}
