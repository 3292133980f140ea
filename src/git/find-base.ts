/** The branch that work goes into: what is on it has been applied elsewhere, what is not is new. */
import { wordsOf } from "../errors.ts";
import { git, tryGit } from "./git.ts";

export interface Base {
  /** As it was named, or found: `origin/main`. */
  readonly ref: string;
  /** The newest commit of that branch. */
  readonly tip: string;
  /** Where the work left it. The tip where that is not known, as in a shallow checkout. */
  readonly fork: string;
  /** False where the tip is in the place of the fork. */
  readonly isForkKnown: boolean;
}

/** Why there is no base, and what to do. */
export interface NoBase {
  readonly why: string;
  readonly next: string;
}

/** @param ref - the branch or commit that was named. `@default` the pull request's, else `origin/HEAD`, `main` or `master` */
export async function findBase(folder: string, ref?: string): Promise<Base | NoBase> {
  try {
    await git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}");
  } catch (error) {
    const isRepository = (await tryGit(folder, "rev-parse", "--git-dir")) !== undefined;
    return {
      why: isRepository ? "nothing is committed yet" : firstLine(wordsOf(error)) || "this is no git repository",
      next: isRepository ? "git add --all && git commit" : "go to the project's checkout",
    };
  }
  for (const candidate of ref === undefined ? candidates() : [ref]) {
    const tip = await commitOf(folder, candidate);
    if (tip === undefined) continue;
    const fork = (await tryGit(folder, "merge-base", tip, "HEAD"))?.trim();
    return { ref: candidate, tip, fork: fork || tip, isForkKnown: Boolean(fork) };
  }
  return ref === undefined
    ? {
        why: `none of ${candidates().join(", ")} is in this checkout`,
        next: "git fetch origin main:refs/remotes/origin/main; in GitHub Actions, actions/checkout with fetch-depth: 0; or name it: --base <ref>",
      }
    : { why: `git knows no ${JSON.stringify(ref)}`, next: `git fetch origin ${ref.replace(/^origin\//, "")}` };
}

function candidates(): string[] {
  const { GITHUB_BASE_REF: github, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: gitlab } = process.env;
  const asked = [github, gitlab].filter(Boolean).map((name) => `origin/${name}`);
  return [...new Set([...asked, "origin/HEAD", "origin/main", "origin/master", "main", "master"])];
}

async function commitOf(folder: string, ref: string): Promise<string | undefined> {
  // git would take it for an option
  if (ref === "" || ref.startsWith("-")) return undefined;
  return (await tryGit(folder, "rev-parse", "--verify", "--quiet", `${ref}^{commit}`))?.trim();
}

const firstLine = (text: string): string => text.split("\n")[0] ?? "";
