/**
 * Copies the built library beside this package's drizzle-orm, as npm would install it for a user of that line. Linked, as
 * the other packages have it, it would find the drizzle-orm of the repository's root.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const modules = fileURLToPath(new URL("node_modules", import.meta.url));

/** vitest calls it once, before any test file. */
export function setup() {
  if (!existsSync(join(root, "dist", "index.mjs"))) throw new Error("there is no build to copy; run: npm run build");
  const place = join(modules, "with-test-db");
  // another run may be using the one that is there
  if (isThere(place)) return;
  const copy = join(modules, `.with-test-db-${process.pid}`);
  mkdirSync(copy, { recursive: true });
  cpSync(join(root, "package.json"), join(copy, "package.json"));
  cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true });
  rmSync(place, { recursive: true, force: true });
  renameSync(copy, place);
}

function isThere(place) {
  const files = ["package.json", ...readdirSync(join(root, "dist")).map((name) => join("dist", name))];
  return files.every(
    (file) => existsSync(join(place, file)) && readFileSync(join(place, file)).equals(readFileSync(join(root, file))),
  );
}
