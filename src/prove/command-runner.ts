/** Runs tests by the command itself, a process each time: slower than a runner that stays, and right for all. */
import { pathToFileURL } from "node:url";
import { ownFile } from "../own-file.ts";
import { commandFor } from "../run/test-files.ts";
import { now } from "../timers.ts";
import { ALL, type Runner } from "./ask-tests.ts";
import { isAltered, PROVE, writeWork } from "./work.ts";

/** Runs a command with an environment, and resolves to its exit code. @param limit - milliseconds until it is ended */
export type Execute = (
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  limit?: number,
) => Promise<number>;

/** What leads a command's processes to a folder. */
export function environmentOf(folder: string): Record<string, string> {
  const load = `--import=${pathToFileURL(ownFile("prove-worker.mjs", "PROGRAM_MISSING")).href}`;
  const { NODE_OPTIONS: own } = process.env;
  return { [PROVE]: folder, NODE_OPTIONS: own ? `${own} ${load}` : load };
}

/** @param files - all files of tests: those that the command names are replaced by the one that is run */
export function commandRunner(
  command: readonly string[],
  files: readonly string[],
  folder: string,
  places: readonly string[],
  execute: Execute,
): Runner {
  return {
    async run(file, alteration, limit) {
      const began = now();
      writeWork(folder, { places, mode: "alter", alteration });
      const words = file === ALL ? withoutFile(command) : commandFor(narrowed(command, files), file, undefined);
      const code = await execute(words, environmentOf(folder), limit);
      return { hasPassed: code === 0, isMet: isAltered(folder), ms: now() - began };
    },
    close: async () => {},
  };
}

/** The command as a whole run has it: without the place for a file. */
export const withoutFile = (command: readonly string[]): string[] => command.filter((word) => word !== "{}");

const MANAGERS: ReadonlySet<string> = new Set(["npm", "pnpm", "yarn", "bun"]);

/** Without files and folders of tests, so that one of them can be put there. */
function narrowed(command: readonly string[], files: readonly string[]): readonly string[] {
  const [program = "", ...words] = command;
  // the name of a script may be a folder's, too
  const first = MANAGERS.has(program) ? (words[0] === "run" ? 2 : 1) : 0;
  const isOfTests = (word: string): boolean => files.some((file) => file.startsWith(word.replace(/^\.\//, "")));
  const others = words.filter((word, at) => at < first || word.startsWith("-") || !isOfTests(word));
  // npm takes what comes before -- for its own
  const dashes = program === "npm" && !others.includes("--") && !others.includes("{}") ? ["--"] : [];
  return [program, ...others, ...dashes];
}
