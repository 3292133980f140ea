/** Runs the project's drizzle-kit on a copy of the migrations folder: it may write there, and nothing else is touched. */
import { cpSync, realpathSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { type KitConfig, runDrizzleKit, withoutPreamble } from "../drizzle-kit/run-drizzle-kit.ts";
import { inScratchFolder } from "../scratch-folder.ts";

export interface KitAnswer {
  readonly code: number;
  /** What drizzle-kit said, with the paths of the project. */
  readonly words: string;
  readonly config: KitConfig | undefined;
}

/** A copy of a migrations folder, in which drizzle-kit can be run. */
export interface Copy {
  readonly folder: string;
  run(command: string, overrides?: KitConfig): Promise<KitAnswer>;
}

/** @param config - the project's configuration file; undefined where it has none */
export const inCopy = <T>(
  migrationsFolder: string,
  config: string | undefined,
  work: (copy: Copy) => Promise<T>,
): Promise<T> =>
  inScratchFolder("check", async (scratch) => {
    const folder = join(scratch, basename(resolve(migrationsFolder)));
    cpSync(migrationsFolder, folder, { recursive: true, dereference: true });
    // drizzle-kit 0.31 takes any path for a relative one
    const out = relative(realpathSync(process.cwd()), folder).replaceAll("\\", "/");
    return work({
      folder,
      async run(command, overrides = {}) {
        const {
          code,
          output,
          config: read,
        } = await runDrizzleKit([command], "to look at the migrations", {
          config,
          overrides: { ...overrides, out },
        });
        const words = output.replaceAll(out, migrationsFolder).replaceAll(folder, migrationsFolder);
        return { code, words: withoutPreamble(words), config: read };
      },
    });
  });
