/** Makes binaries run as the server's user: a package manager may have left out links, or that user may not enter the folder. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { wordsOf } from "../errors.ts";
import type { ServerUser } from "./server-user.ts";

/**
 * The directory of the package's own binaries where they run, else of a copy, in the first place where it runs.
 *
 * @param places - each is asked for only where those before it did not do
 */
export function runnableBinaries(native: string, places: Iterable<string>, user: ServerUser | null): string {
  try {
    linkLibraries(native);
  } catch {
    // read-only; then the copy gets the links
  }
  let words = tryOut(native, user);
  if (words === undefined) return native;
  for (const copy of places) {
    try {
      copyBinaries(native, copy);
      words = tryOut(copy, user);
    } catch (error) {
      words = wordsOf(error);
    }
    if (words === undefined) return copy;
    rmSync(copy, { recursive: true, force: true });
  }
  throw new Error(words);
}

function copyBinaries(native: string, copy: string): void {
  // without the libraries for linking
  cpSync(native, copy, { recursive: true, dereference: true, filter: (path) => !path.endsWith(".a") });
  // a read-only package has read-only directories, and a strict umask makes files that the server's user can't read
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
    const program = entry.isDirectory() || basename(entry.parentPath) === "bin";
    chmodSync(join(entry.parentPath, entry.name), program ? 0o755 : 0o644);
  }
  chmodSync(copy, 0o755);
  linkLibraries(copy);
}

export const programPath = (native: string, name: "initdb" | "postgres" | "pg_ctl"): string =>
  join(native, "bin", process.platform === "win32" ? `${name}.exe` : name);

/** A package holds no symbolic links. Its install script makes them from a list, and may not have been run. */
function linkLibraries(native: string): void {
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return; // Windows has none
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const [from, to] = [inNative(native, source), inNative(native, target)];
    try {
      symlinkSync(relative(dirname(to), from), to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** The list's paths begin with "native/". */
const inNative = (native: string, path: string): string => join(native, path.replace(/^native[\\/]/, ""));

/** Why the binaries don't run; undefined when they do. Trying beats checking modes, links and libraries one by one. */
function tryOut(native: string, user: ServerUser | null): string | undefined {
  for (const name of ["initdb", "postgres"] as const) {
    const { error, status, stderr } = spawnSync(programPath(native, name), ["--version"], {
      ...user,
      cwd: "/",
      encoding: "utf8",
      windowsHide: true,
    });
    // Deno tells of no error, and of nothing else, where a program can't be started
    if (error || status !== 0)
      return `${name} does not run: ${error?.message ?? stderr?.trim() ?? "Permission denied?"}`;
  }
  return undefined;
}
