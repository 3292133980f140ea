/** The command that `run` and `prove` are given, and the unit that it gets. */
import { TestDbError } from "../../errors.ts";
import { setEnvironment } from "../../runners/environment.ts";
import { nowhere } from "../../runners/lifecycle.ts";
import { findMigrations } from "../project.ts";
import { type RunFlags, unitVariables } from "./flags.ts";
import type { Run } from "./program.ts";

/**
 * All that is the command's is behind `--`, so that no option of the command's is taken for one of ours.
 *
 * @param name - `run` or `prove`
 * @throws TestDbError `OPTION_INVALID`
 */
export function assertCommand(words: readonly string[], name: string): void {
  const dashes = process.argv.indexOf("--");
  const behind = dashes < 0 ? [] : process.argv.slice(dashes + 1);
  if (words.length > 0 && behind.length === words.length) return;
  const typed = behind.length > 0 ? behind : words.length > 0 ? words : ["npm", "test"];
  throw new TestDbError("OPTION_INVALID", {
    what: behind.length > 0 ? `Before -- there is ${words[0]}` : `There is no command to ${name}`,
    why: "the command comes after --, with all that is its own",
    next: `npx with-test-db ${name} -- ${typed.join(" ")}`,
  });
}

/** The unit of each program; undefined where none was asked for. */
export async function unitOfFlags(flags: RunFlags): Promise<Run["unit"]> {
  const variables = unitVariables(flags);
  if (!variables) return undefined;
  const migrationsFolder = await migrationsOf(flags, variables);
  const { url, isolation = "database", disposableDatabase, keep, flag, prepare = [], seed = [] } = flags;
  // the library asks for it in this process, too
  process.env[flag] = "1";
  return {
    variables,
    choice: { migrationsFolder, url, isolation, reuse: !disposableDatabase, keep, flag, prepare, seed },
  };
}

/** A drizzle.config may want the variables that only the command gets: where they are not set they lead nowhere. */
async function migrationsOf(flags: RunFlags, variables: Readonly<Record<string, string>>): Promise<string> {
  const unset = Object.entries(variables).filter(([name]) => !process.env[name]);
  const restore = setEnvironment(process.env, Object.fromEntries(unset) as never, nowhere("the unit"));
  return findMigrations(flags).finally(restore);
}
