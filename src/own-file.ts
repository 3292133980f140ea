/** Files of ours that are loaded by name, by another thread or process. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TestDbError } from "./errors.ts";

/**
 * The path of a file that lies beside a module.
 *
 * @param module - its `import.meta.url`; a bundle has none
 * @throws TestDbError with `code`
 */
export function besides(module: string | undefined, name: string, code: "SNAPSHOT_FAILED" | "EMBEDDED_FAILED"): string {
  const path = module === undefined ? undefined : fileURLToPath(new URL(name, module));
  if (path !== undefined && existsSync(path)) return path;
  throw new TestDbError(code, {
    what: `The file ${name} of with-test-db is not there`,
    why: "it is loaded by its name, from beside the library; a bundle that holds the library leaves it behind",
    next: "leave with-test-db out of the bundle: esbuild --external:with-test-db",
  });
}
