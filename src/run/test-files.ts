/** Which test files a run is about, and what is put into the command for each. */
import { glob } from "tinyglobby";
import { TestDbError } from "../errors.ts";

/** One of so many parts of all files; the first is 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * The files that match, in the order of their names' characters, which is the same on every machine.
 *
 * @throws TestDbError `OPTION_INVALID` where none does: a mistake must not pass for a success
 */
export async function findTestFiles(pattern: string, folder: string = process.cwd()): Promise<string[]> {
  const files = await glob(pattern, { cwd: folder, ignore: "**/node_modules/**", expandDirectories: false });
  if (files.length > 0) return files.sort();
  throw new TestDbError("OPTION_INVALID", {
    what: `No file matches ${JSON.stringify(pattern)}`,
    why: `it was looked for in ${folder}, and not in node_modules`,
    next: "quote the pattern, so that no shell takes it apart: --per-file 'test/**/*.test.ts'",
  });
}

/** Every so manieth file: neighbours, which are often alike, are in different parts. */
export const filesOfShard = (files: readonly string[], { index, count }: Shard): string[] =>
  files.filter((_, place) => place % count === index - 1);

const [FILE, JUNIT] = ["{}", "{junit}"] as const;

/** The command for one file: the file stands for `{}`, or comes last; what the runner is to write as JUnit for `{junit}`. */
export function commandFor(command: readonly string[], file: string, junitFile: string | undefined): string[] {
  const isPlaced = command.some((part) => part.includes(FILE));
  const placed = command.map((part) =>
    part.replaceAll(FILE, () => file).replaceAll(JUNIT, (text) => junitFile ?? text),
  );
  return isPlaced ? placed : [...placed, file];
}
