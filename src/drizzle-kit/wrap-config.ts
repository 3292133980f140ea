/** The file that drizzle-kit is given as its configuration, and that loads the project's own. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { getTsconfig } from "get-tsconfig";
import { ownFile } from "../own-file.ts";

/** What drizzle-kit before 1.0 loads, and any where the project has no configuration. */
export const plainWrapper = (): string => ownFile("drizzle-kit.config.cjs", "PROGRAM_MISSING");

/**
 * @param program - drizzle-kit's
 * @param config - the project's configuration, whose imports may have aliases
 * @param scratch - a folder for what 1.0 loads: it looks for `paths` beside the file that it was given
 */
export function wrapConfig(program: string, config: string, scratch: string): string {
  if (majorOf(program) < 1) return plainWrapper();
  const { path, config: { compilerOptions: { baseUrl = ".", paths } = {} } = {} } = tsconfigOf(config) ?? {};
  if (path && paths) {
    const compilerOptions = { baseUrl: resolve(dirname(path), baseUrl), paths };
    writeFileSync(join(scratch, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  }
  const wrapper = join(scratch, "drizzle.config.mts");
  copyFileSync(ownFile("drizzle-kit-1.config.mts", "PROGRAM_MISSING"), wrapper);
  return wrapper;
}

/** One that extends what is not there says nothing; drizzle-kit says so itself when it comes to the schema. */
function tsconfigOf(file: string): ReturnType<typeof getTsconfig> | undefined {
  try {
    return getTsconfig(dirname(file));
  } catch {
    return undefined;
  }
}

const majorOf = (program: string): number =>
  Number.parseInt(
    (JSON.parse(readFileSync(join(dirname(program), "package.json"), "utf8")) as { version: string }).version,
    10,
  );
