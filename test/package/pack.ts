/** The package as it would be published: packed by npm into a temporary folder, and unpacked beside it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./entries.ts";

/** @returns the tarball, and the folder with what is in it */
export function pack(folder: string): { tarball: string; unpacked: string } {
  // the build is not repeated: what is tested is what is in dist/
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], { cwd: root });
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz")) as string);
  const unpacked = join(folder, "package");
  mkdirSync(unpacked);
  execFileSync("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components", "1"]);
  return { tarball, unpacked };
}
