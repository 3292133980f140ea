/** The project that a command is about: its migrations, and what they expect to find. */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { Command } from "commander";
import { findConfig } from "../drizzle-kit/find-drizzle-kit.ts";
import { TestDbError } from "../errors.ts";

export interface ProjectFlags {
  readonly migrations?: string;
  readonly config?: string;
}

export const projectOptions = (command: Command): Command =>
  command
    .option(
      "--migrations <folder>",
      "the folder that drizzle-kit writes (default: out of drizzle.config, else drizzle)",
    )
    .option("--config <file>", "drizzle-kit's configuration (default: drizzle.config of this folder)");

/** What drizzle-kit takes where its configuration has no `out`. */
const DEFAULT_FOLDER = "drizzle";

/**
 * The migrations folder: the one that was named, else `out` of drizzle-kit's configuration, which drizzle-kit itself loads.
 *
 * @throws TestDbError `PROGRAM_MISSING`, `OPTION_INVALID`, `MIGRATIONS_NOT_FOUND`
 */
export async function findMigrations({ migrations, config }: ProjectFlags): Promise<string> {
  if (migrations !== undefined) return there(migrations, "--migrations");
  const file = config ?? findConfig(process.cwd());
  if (file === undefined) {
    if (existsSync(DEFAULT_FOLDER)) return DEFAULT_FOLDER;
    throw new TestDbError("MIGRATIONS_NOT_FOUND", {
      what: `There are no migrations in ${process.cwd()}`,
      why: `it has neither a drizzle.config nor a folder ${DEFAULT_FOLDER}`,
      next: "go to the package that has them, or name the folder: --migrations <folder>",
    });
  }
  const { readKitConfig } = await import("../drizzle-kit/run-drizzle-kit.ts");
  const { out = DEFAULT_FOLDER } = await readKitConfig(file);
  return there(relative(process.cwd(), out) || out, file);
}

function there(folder: string, namedBy: string): string {
  if (existsSync(folder)) return folder;
  throw new TestDbError("MIGRATIONS_NOT_FOUND", {
    what: `There is no folder ${folder}`,
    why: `${namedBy} names it`,
    next: "npx drizzle-kit generate; or name the folder: --migrations <folder>",
  });
}
