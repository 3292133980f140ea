/** Loads what needs a package that the user installs, and names that package where it is missing. */
import { isBuiltin } from "node:module";
import { TestDbError } from "../errors.ts";
import { FLAG, readFlag } from "../guard/flag.ts";

/** Package → what to type where it is missing. */
const PEERS: Readonly<Record<string, string>> = {
  "drizzle-orm": "npm install drizzle-orm",
  postgres: "npm install --save-dev postgres",
  pg: "npm install --save-dev pg @types/pg",
};

/** @throws TestDbError `DRIVER_NOT_INSTALLED` */
export async function loadDriver<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const name = missingPackage(cause);
    const install = PEERS[name ?? ""];
    if (!install) throw cause;
    throw new TestDbError("DRIVER_NOT_INSTALLED", {
      what: `The package ${name} is not installed`,
      why: "with-test-db uses the one of your project, and brings none of its own",
      next: install,
      cause,
    });
  }
}

/**
 * Runners that load modules into a context of their own, as vitest's vm pools do, may take a module that an import is still
 * linking for one that is linked. So nothing is loaded there beside the suite's own imports. The functions of Node's own
 * modules come from outside of such a context.
 */
const isInOwnContext = !(isBuiltin instanceof Function);

/** Begins to load where the flag is set. What fails is said by the call that needs it. */
export function preload(load: () => Promise<unknown>): void {
  try {
    if (readFlag(FLAG) && !isInOwnContext) load().catch(() => {});
  } catch {
    // also a flag with a value that means nothing
  }
}

/** Of `Cannot find package 'pg' imported from …`, or `Cannot find module 'drizzle-orm/postgres-js'`. */
function missingPackage(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return undefined;
  return /Cannot find (?:package|module) ['"]([^'"/]+)/.exec(String(message))?.[1];
}
