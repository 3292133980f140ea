/** npm packages that are compared with and that nothing else needs: installed when the bench runs, outside the workspace. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Seen from `src` and from `dist` alike. */
export const peersFolder = (): string => join(import.meta.dirname, "..", "peers");

/** Why a peer can't be measured; undefined where it can. */
export async function installPeers(): Promise<string | undefined> {
  const folder = peersFolder();
  if (spawnSync("createdb", ["--version"]).status !== 0) return "it runs `createdb` and `dropdb`, which are not here";
  if (existsSync(join(folder, "node_modules", "pgsql-test"))) return undefined;
  try {
    await promisify(execFile)(
      "npm",
      ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--workspaces=false"],
      {
        cwd: folder,
        timeout: 120_000,
      },
    );
    return undefined;
  } catch (error) {
    return `npm could not install it: ${(error as Error).message.split("\n")[0]}`;
  }
}
