/** The drivers that a process may come to load: those of this library, of the working directory, and of the packages that name one. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { HERE } from "../../queries/call-sites.ts";
import { changeNodePostgres } from "../../queries/node-postgres.ts";
import { changePostgresJs } from "../../queries/postgres-js.ts";
import type { Before } from "./asked.ts";
import { BUILDERS } from "./builders.ts";
import { interceptNodePostgres } from "./node-postgres.ts";
import { interceptPostgresJs } from "./postgres-js.ts";

/** Has what a module exports ask first, and tell. @param name - of the module, as it is imported */
export type Intercept = (name: string, module: unknown) => void;

const DRIVERS = ["postgres", "pg"] as const;

/** What an application imports, whose modules are to be intercepted. */
export const isWatched = (name: string): boolean =>
  (DRIVERS as readonly string[]).includes(name) || /(^|[\\/])pg-core([\\/]|\.|$)/.test(name);

export function interceptor(before: Before, isOurs: () => boolean): Intercept {
  const known = new WeakSet<object>();
  return (name, module) => {
    if (name !== "postgres" && name !== "pg") return before.watch?.(module as object);
    const exported = (module as { readonly default?: unknown }).default ?? module;
    const [drivers, intercept] =
      name === "postgres"
        ? ([changePostgresJs(exported), interceptPostgresJs] as const)
        : ([changeNodePostgres(exported), interceptNodePostgres] as const);
    for (const driver of drivers) {
      if (known.has(driver.prototype)) continue;
      known.add(driver.prototype);
      intercept(driver, before, isOurs);
    }
  };
}

/**
 * As `require()` and as `import` load them, which are two where a package is built twice. All of it is loaded by each process, so nothing is
 * that nobody asks for.
 */
export async function interceptLoaded(
  places: readonly string[],
  { watch }: Before,
  intercept: Intercept,
): Promise<void> {
  const files = [...(HERE ? [HERE] : []), ...places.map((place) => join(place, "package.json"))];
  const known = new Set<string>();
  for (const file of files) {
    const require = createRequire(file);
    for (const name of [...DRIVERS, ...(watch ? BUILDERS : [])]) {
      const main = resolved(require, name);
      if (main === undefined || known.has(main)) continue;
      known.add(main);
      intercept(name, require(main));
      const module = moduleOf(main, name);
      if (module !== undefined) intercept(name, await import(pathToFileURL(module).href));
    }
  }
}

function resolved(require: NodeJS.Require, name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

/** What `import` loads, of the package that a file belongs to. */
function moduleOf(main: string, name: string): string | undefined {
  // Drizzle has both side by side
  if (main.endsWith(".cjs")) return main.replace(/\.cjs$/, ".js");
  for (let folder = dirname(main); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (manifest.name !== name) continue;
      const entry: unknown = manifest.exports?.["."] ?? manifest.exports;
      const file = (entry as { readonly import?: unknown } | undefined)?.import ?? manifest.module ?? manifest.main;
      return typeof file === "string" ? join(folder, file) : undefined;
    } catch {
      // no package.json there
    }
  }
  return undefined;
}
