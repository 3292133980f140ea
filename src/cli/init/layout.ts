/** Where things of a project are, or go: by its drizzle.config, its folders, and what its compiler wants of an import. */
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { type Project, textOf } from "./read-project.ts";

export interface Layout {
  /** Names of existing files, by what they are. */
  readonly drizzleConfig: string | undefined;
  readonly runnerConfig: string | undefined;
  readonly test: string;
  readonly schema: string;
  /** Whether the schema is there, be it a file, a folder, a pattern or a list. */
  readonly hasSchema: boolean;
  /** A table that the schema exports; undefined where none is found. */
  readonly table: string | undefined;
  readonly migrationsFolder: string;
  readonly hasMigrations: boolean;
  /** What an import of a file of the project's own ends in. */
  readonly importEnding: string;
}

export function layoutOf(project: Project): Layout {
  const { folder, top, isTypeScript, isModule, runner, suites } = project;
  const drizzleConfig = top.find((name) => /^drizzle\.config\.([cm]?[jt]s|json)$/.test(name));
  const configured = textOf(join(folder, drizzleConfig ?? "drizzle.config.ts")) ?? "";
  const named = (key: string): string | undefined =>
    new RegExp(`\\b["']?${key}["']?\\s*:\\s*["'\`]([^"'\`$]+)["'\`]`).exec(configured)?.[1]?.replace(/^\.\//, "");
  // vitest takes imports in any project; the rest of a project in CommonJS can load a module, and not the other way round
  const module = runner === "vitest" && !isModule ? "m" : "";
  const ending = isTypeScript ? "ts" : `${module}js`;
  const found = ["src/schema", "src/db/schema", "schema", "db/schema"]
    .flatMap((path) => ["ts", "js", "mjs"].map((type) => `${path}.${type}`))
    .find((path) => existsSync(join(folder, path)));
  const written = `src/schema.${ending}`;
  const schema = named("schema") ?? found ?? (drizzleConfig ? `the schema that ${drizzleConfig} names` : written);
  const source = /\.[cm]?[jt]s$/.test(schema) ? textOf(join(folder, schema)) : undefined;
  const migrationsFolder = named("out") ?? "drizzle";
  const tests = top.find((name) => name === "test") ?? top.find((name) => /^(tests|__tests__)$/.test(name)) ?? "test";
  return {
    ...{ drizzleConfig, schema, migrationsFolder },
    runnerConfig: top.find((name) => RUNNER_CONFIGS[runner].test(name)),
    test: suites[0] ?? `${tests}/things.it.test.${isTypeScript ? module : ""}${ending}`,
    // a list or a pattern is what it is; a file that is only named is missing
    hasSchema: source !== undefined || !/^[^*{[]+\.[cm]?[jt]s$/.test(schema),
    table: source === undefined ? undefined : tableIn(source),
    hasMigrations: existsSync(join(folder, migrationsFolder)),
    importEnding: /\.[cm]?ts$/.test(schema) ? endingOf(project) : (/\.[cm]?js$/.exec(schema)?.[0] ?? ""),
  };
}

/** Nothing for bun and Node: theirs need none. */
const RUNNER_CONFIGS: Readonly<Record<Project["runner"], RegExp>> = {
  vitest: /^(vitest|vite)\.(config|workspace)\.[cm]?[jt]s$/,
  jest: /^jest\.config\.([cm]?[jt]s|json)$/,
  bun: /^bunfig\.toml$/,
  node: /^$/,
};

const tableIn = (source: string): string | undefined =>
  /^export const (\w+) = pgTable\(/m.exec(source)?.[1] ?? /^exports\.(\w+) = pgTable\(/m.exec(source)?.[1];

/** How TypeScript files are imported. In CommonJS, no ending always does; jest finds no `.ts` under the name of a `.js`. */
function endingOf({ runner, isModule, tsconfig = "", packages }: Project): string {
  if (/"(allowImportingTsExtensions|rewriteRelativeImportExtensions)"\s*:\s*true/.test(tsconfig)) return ".ts";
  if (runner === "node" && !("tsx" in packages)) return ".ts";
  const isImported = isModule || runner === "vitest";
  return isImported && /"module(Resolution)?"\s*:\s*"node(16|18|20|next)"/i.test(tsconfig) ? ".js" : "";
}

/** The path of one file as another one names it. */
export function pathFrom(file: string, to: string): string {
  const path = posix.relative(posix.dirname(file), to);
  return path.startsWith(".") ? path : `./${path}`;
}
