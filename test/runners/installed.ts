/** Runners of other versions, which a package registry has: installed on demand, for a long run. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The directory of a package, in a directory that stays for the next run. */
export function installed(name: string, version: string): string {
  const prefix = join(tmpdir(), "with-test-db-runners", `${name}-${version}`);
  const directory = join(prefix, "node_modules", name);
  if (existsSync(directory)) return directory;
  mkdirSync(prefix, { recursive: true });
  const install = ["install", "--prefix", prefix, "--no-audit", "--no-fund", `${name}@${version}`];
  const { status, stderr } = spawnSync("npm", install, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${name}@${version} was not installed: ${stderr}`);
  return directory;
}
