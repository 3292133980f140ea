/** Asks git about a folder. Nothing is written into the repository, nor is its index refreshed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** More than any repository's list of files. */
const LONGEST_OUTPUT = 256 * 1024 * 1024;

/** What a hook's environment says of the repository: it is meant for the folder of the hook, and for its commit's index. */
const OF_HOOKS = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX"];

/** What git prints. Rejects where git is not there, or says no; its words are the error's message. */
export async function git(folder: string, ...parameters: readonly string[]): Promise<string> {
  const others = Object.entries(process.env).filter(([name]) => !OF_HOOKS.includes(name));
  try {
    const { stdout } = await run("git", parameters, {
      cwd: folder,
      env: { ...Object.fromEntries(others), LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" },
      maxBuffer: LONGEST_OUTPUT,
    });
    return stdout;
  } catch (cause) {
    const { code, stderr, message } = cause as NodeJS.ErrnoException & { readonly stderr?: string };
    const words = (stderr ?? "").trim().replace(/^fatal: /, "");
    throw new Error(code === "ENOENT" ? "git is not installed" : words || message, { cause });
  }
}

/** The same, or undefined where git says no. */
export const tryGit = (folder: string, ...parameters: readonly string[]): Promise<string | undefined> =>
  git(folder, ...parameters).catch(() => undefined);

/** Names that git printed with `-z`. */
export const namesIn = (output: string): string[] => output.split("\0").filter(Boolean);
