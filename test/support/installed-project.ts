import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** Where the packages of drizzle-orm 1.0 are. */
export const DRIZZLE_1 = "packages/drizzle-1/node_modules/";

/**
 * A folder with these files, in which the package is installed as it was built, and its peers. The caller removes it.
 *
 * @param peers - names of packages; those of drizzle-orm 1.0 after `DRIZZLE_1`
 */
export function installedProject(
  name: string,
  peers: readonly string[],
  files: Readonly<Record<string, string>>,
): string {
  const project = mkdtempSync(join(tmpdir(), `with-test-db-${name}-`));
  const installed = join(project, "node_modules", "with-test-db");
  mkdirSync(installed, { recursive: true });
  for (const part of ["dist", "package.json"]) cpSync(join(root, part), join(installed, part), { recursive: true });
  for (const peer of peers) {
    const [from, name] = peer.startsWith(DRIZZLE_1)
      ? [peer, peer.slice(DRIZZLE_1.length)]
      : [`node_modules/${peer}`, peer];
    symlinkSync(join(root, from), join(project, "node_modules", name), "junction");
  }
  for (const [file, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), text);
  }
  return project;
}
