/** A git repository for a test, with commits of its own. */
import { execFileSync } from "node:child_process";

export interface Repository {
  git(...parameters: readonly string[]): string;
  /** Commits all that is there. */
  commit(): void;
}

/** Makes one of a folder, with a branch `main`. */
export function repository(folder: string): Repository {
  const git = (...parameters: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...parameters], {
      cwd: folder,
      encoding: "utf8",
      stdio: "pipe",
    });
  git("init", "--quiet", "--initial-branch=main");
  return {
    git,
    commit() {
      git("add", "--all");
      git("commit", "--quiet", "--message=a step");
    },
  };
}
