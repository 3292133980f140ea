/** Loads what needs a package that the user installs, and names that package where it is missing or too old. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TestDbError } from "../errors.ts";
import { assertDrizzleVersion } from "../guard/drizzle-version.ts";

/** Package → what to type where it is missing. */
const PEERS: Readonly<Record<string, string>> = {
  "drizzle-orm": "npm install drizzle-orm",
  postgres: "npm install --save-dev postgres",
  pg: "npm install --save-dev pg @types/pg",
};

/** @throws TestDbError `DRIVER_NOT_INSTALLED`, `DRIZZLE_TOO_OLD` */
export async function loadDriver<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const drizzle = versionOfBrokenDrizzle(cause);
    if (drizzle) assertDrizzleVersion(drizzle);
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

/** Versions before 0.25 lack files that are loaded here: `Cannot find module '/…/node_modules/drizzle-orm/version'`. */
function versionOfBrokenDrizzle(error: unknown): string | undefined {
  const folder = /'([^']*[\\/]drizzle-orm)[\\/]/.exec(String((error as Error | null)?.message))?.[1];
  if (!folder) return undefined;
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}
