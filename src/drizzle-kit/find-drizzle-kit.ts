/** Where a project has its drizzle-kit, and its configuration. */
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

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

/** The configuration file that drizzle-kit would find in a folder. */
export function findConfig(folder: string): string | undefined {
  const name = readdirSync(folder).find((file) => /^drizzle\.config\.([cm]?[jt]s|json)$/.test(file));
  return name && join(folder, name);
}
