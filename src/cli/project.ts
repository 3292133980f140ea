/** The project that a command is about: its migrations, and what they expect to find. */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import type { Command } from "commander";
import { DEFAULT_OUT, findConfig } from "../drizzle-kit/find-drizzle-kit.ts";
import { TestDbError } from "../errors.ts";
import { DRIZZLES_JOURNAL, type JournalTable } from "../migrations/journal-table.ts";

export interface ProjectFlags {
  readonly migrations?: string | undefined;
  readonly config?: string | undefined;
}

export const projectOptions = (command: Command): Command =>
  command
    .option(
      "--migrations <folder>",
      "the folder that drizzle-kit writes (default: out of drizzle.config, else drizzle)",
    )
    .option("--config <file>", "drizzle-kit's configuration (default: drizzle.config of this folder)");

/** What drizzle-kit's configuration says of migrations. */
export interface Project {
  readonly folder: string;
  /** Where a deployed database has its journal. */
  readonly journal: JournalTable;
}

/**
 * The migrations folder: the one that was named, else `out` of drizzle-kit's configuration, which drizzle-kit itself loads.
 *
 * @throws TestDbError `PROGRAM_MISSING`, `OPTION_INVALID`, `MIGRATIONS_NOT_FOUND`
 */
export async function findMigrations({ migrations, config }: ProjectFlags): Promise<string> {
  return (await findProject({ migrations, config: migrations === undefined ? config : undefined })).folder;
}

/** The same, and the journal's table: `migrations` of the configuration. It is not read where a folder was named, and no configuration. */
export async function findProject({ migrations, config }: ProjectFlags): Promise<Project> {
  const file = config ?? (migrations === undefined ? findConfig(process.cwd()) : undefined);
  if (file === undefined) {
    if (migrations !== undefined) return { folder: there(migrations, "--migrations"), journal: DRIZZLES_JOURNAL };
    if (existsSync(DEFAULT_OUT)) return { folder: DEFAULT_OUT, journal: DRIZZLES_JOURNAL };
    throw new TestDbError("MIGRATIONS_NOT_FOUND", {
      what: `There are no migrations in ${process.cwd()}`,
      why: `it has neither a drizzle.config nor a folder ${DEFAULT_OUT}`,
      next: "go to the package that has them, or name the folder: --migrations <folder>",
    });
  }
  const { readKitConfig } = await import("../drizzle-kit/run-drizzle-kit.ts");
  const { out = DEFAULT_OUT, migrations: journal } = await readKitConfig(file);
  const folder =
    migrations === undefined ? there(relative(process.cwd(), out) || out, file) : there(migrations, "--migrations");
  return { folder, journal: { ...DRIZZLES_JOURNAL, ...(journal as Partial<JournalTable> | undefined) } };
}

function there(folder: string, namedBy: string): string {
  if (existsSync(folder)) return folder;
  throw new TestDbError("MIGRATIONS_NOT_FOUND", {
    what: `There is no folder ${folder}`,
    why: `${namedBy} names it`,
    next: "npx drizzle-kit generate; or name the folder: --migrations <folder>",
  });
}
