/** Which version of a package a folder has, whatever the package exports. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface FoundPackage {
  readonly version: string;
  readonly folder: string;
}

/** @param from - a file: the package is the one that a module there would get */
export function findPackage(name: string, from: string): FoundPackage | undefined {
  const require = createRequire(from);
  const folders = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name));
  // where a package manager has no folders of packages, the path of a module leads there
  for (const folder of [...folders, ...foldersAround(resolved(require, name))]) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const { name: found, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    if (found === name && version !== undefined) return { version, folder: realpathSync(folder) };
  }
  return undefined;
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

const foldersAround = (path: string | undefined): string[] =>
  path === undefined || dirname(path) === path ? [] : [dirname(path), ...foldersAround(dirname(path))];
