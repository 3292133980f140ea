/**
 * The drivers that this process may have loaded, each with the place that every query of theirs passes: what `import` loads and what
 * `require()` loads are two, where a driver is built twice.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { HERE } from "./call-sites.ts";
import type { Driver } from "./capturing.ts";
import { changeNodePostgres, changePool } from "./node-postgres.ts";
import { changePostgresJs } from "./postgres-js.ts";

export async function findDrivers(): Promise<Driver[]> {
  const [postgres, pg] = await Promise.all([
    loaded("postgres", () => import("postgres")),
    loaded("pg", () => import("pg")),
  ]);
  return [
    ...postgres.flatMap((module) => changePostgresJs(module)),
    ...pg.flatMap((module) => [...changeNodePostgres(module), ...changePool(module)]),
  ];
}

/** A package as `import` and `require()` load it, from this library and from the working directory. None where it is not installed. */
async function loaded(name: string, load: () => Promise<unknown>): Promise<unknown[]> {
  const places = [...(HERE ? [HERE] : []), join(process.cwd(), "package.json")];
  const modules: unknown[] = [];
  for (const place of places) {
    try {
      modules.push(createRequire(place)(name));
    } catch {
      // not installed there, or for `import` alone
    }
  }
  try {
    modules.push(await load());
  } catch {
    // jest has no `import()` in CommonJS, where nothing was loaded by it either
  }
  return modules.map((module) => (module as { readonly default?: unknown }).default ?? module);
}
