/** Where a project has its drizzle-kit, and its configuration. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The migrations folder that drizzle-kit takes where its configuration has no `out`. */
export const DEFAULT_OUT = "drizzle";

/** The program of the drizzle-kit that the project has installed. */
export function findDrizzleKit(folder: string = process.cwd()): string | undefined {
  try {
    // its exports name neither the program nor package.json
    const program = join(dirname(createRequire(join(folder, "package.json")).resolve("drizzle-kit")), "bin.cjs");
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** In the order in which drizzle-kit prefers them; the last ones are found by no drizzle-kit, and have to be named to it. */
const CONFIGS = ["ts", "js", "json", "mts", "cts", "mjs", "cjs"].map((ending) => `drizzle.config.${ending}`);

/** The configuration file that drizzle-kit would find in a folder. */
export function findConfig(folder: string): string | undefined {
  const names = readdirSync(folder);
  const name = CONFIGS.find((each) => names.includes(each));
  return name && join(folder, name);
}
