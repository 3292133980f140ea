/** Loads what needs a package that the user installs, and names that package where it is missing. */
import { TestDbError } from "../errors.ts";

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

/** Of `Cannot find package 'pg' imported from …`, or `Cannot find module 'drizzle-orm/postgres-js'`. */
function missingPackage(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return undefined;
  return /Cannot find (?:package|module) ['"]([^'"/]+)/.exec(String(message))?.[1];
}
