/** The built files that another thread or process loads by file name: a bundle that holds the library leaves them behind. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TestDbError } from "./errors.ts";

/** @throws TestDbError with `code` */
export function ownFile(name: string, code: "SNAPSHOT_FAILED" | "EMBEDDED_FAILED" | "PROGRAM_MISSING"): string {
  // this module lies one folder below the package's root, in the sources as in the build
  // a bundle that is CommonJS has no URL, and one for a browser's DOM may have that of a page
  const module: string | undefined = import.meta.url;
  const path = module?.startsWith("file:") && fileURLToPath(new URL(`../dist/${name}`, module));
  if (path && existsSync(path)) return path;
  throw new TestDbError(code, {
    what: `The file ${name} of with-test-db is not there`,
    why: "it is loaded by its name, from beside the library; a bundle that holds the library leaves it behind",
    next: "leave with-test-db out of the bundle: esbuild --external:with-test-db",
  });
}
