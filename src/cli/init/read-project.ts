/** What is known of a project before anything is written into it. Reads only. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { TestDbError } from "../../errors.ts";

export const RUNNERS = ["vitest", "jest", "bun", "node"] as const;
export type Runner = (typeof RUNNERS)[number];

/** What is used of a package.json. */
export interface Manifest {
  readonly name?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly jest?: object;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Project {
  readonly folder: string;
  readonly name: string;
  /** The text of its package.json, where there is one. */
  readonly manifestText: string | undefined;
  readonly manifest: Manifest;
  readonly runner: Runner;
  readonly isModule: boolean;
  readonly isTypeScript: boolean;
  /** Packages that it, or the monorepo around it, names, with the versions. */
  readonly packages: Readonly<Record<string, string>>;
  /** The text of its tsconfig.json. */
  readonly tsconfig: string | undefined;
  /** The files of its top folder. */
  readonly top: readonly string[];
  /** The lock file of a package manager, its own or that of the monorepo around it. */
  readonly lock: string | undefined;
  /** Whether it, or the monorepo, has its packages installed. */
  readonly isInstalled: boolean;
  /** Paths of its suites called `*.it.test.*`. */
  readonly suites: readonly string[];
}

/** @throws TestDbError `OPTION_INVALID` where package.json can't be read */
export async function readProject(folder: string, asked: Runner | undefined): Promise<Project> {
  const manifestText = textOf(join(folder, "package.json"));
  const manifest = manifestText === undefined ? {} : parse(folder, manifestText);
  const packages = packagesAround(folder);
  const runner = asked ?? runnerOf(manifest, packages);
  const tsconfig = textOf(join(folder, "tsconfig.json"));
  const compiles = (name: string): boolean => name in packages;
  // what runs TypeScript as it is; the others need a transform, which a new project does not have
  const runsTypeScript =
    runner === "vitest" ||
    runner === "bun" ||
    (runner === "jest" ? JEST_TRANSFORMS.some(compiles) : compiles("tsx") || stripsTypes());
  const asksForTypeScript =
    tsconfig !== undefined || compiles("typescript") || (manifestText === undefined && runner !== "node");
  return {
    ...{ folder, manifestText, manifest, runner, packages, tsconfig },
    name: manifest.name ?? basename(folder),
    isModule: manifestText === undefined ? runner !== "jest" : manifest.type === "module",
    isTypeScript: runsTypeScript && asksForTypeScript,
    top: readdirSync(folder),
    lock: around(folder, (one) => readdirSync(one).find((name) => LOCKS.test(name))),
    isInstalled: around(folder, (one) => existsSync(join(one, "node_modules/with-test-db")) || undefined) ?? false,
    suites: suitesIn(folder, ""),
  };
}

/** Whether this Node runs TypeScript. */
const stripsTypes = (): boolean => Boolean((process.features as { typescript?: unknown }).typescript);

const LOCKS = /^(pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|package-lock\.json)$/;
const JEST_TRANSFORMS = ["ts-jest", "@swc/jest", "@babel/preset-typescript", "esbuild-jest", "jest-preset-angular"];

/** What runs the tests by the scripts; else what is installed; else vitest. */
function runnerOf({ scripts = {}, jest }: Manifest, packages: Project["packages"]): Runner {
  const lines = Object.values(scripts);
  const runs: Readonly<Record<Runner, RegExp>> = {
    vitest: /\bvitest\b/,
    jest: /\bjest\b/,
    bun: /\bbun (--\S+ )*test\b/,
    node: /\bnode\b.* --test\b/,
  };
  const scripted = RUNNERS.find((runner) => lines.some((line) => runs[runner].test(line)));
  if (scripted) return scripted;
  if ("vitest" in packages) return "vitest";
  if ("jest" in packages || jest) return "jest";
  return "@types/bun" in packages || "bun-types" in packages ? "bun" : "vitest";
}

/** Those of the folder, and of the folders around it up to a repository's. */
function packagesAround(folder: string): Record<string, string> {
  const packages: Record<string, string> = {};
  around(folder, (one) => {
    const text = textOf(join(one, "package.json"));
    const { dependencies, devDependencies, peerDependencies } = text === undefined ? {} : parse(one, text);
    Object.assign(packages, peerDependencies, devDependencies, dependencies);
  });
  return packages;
}

/** The first that is found in a folder, and in the folders around it up to a repository's. */
function around<Found>(folder: string, find: (folder: string) => Found | undefined): Found | undefined {
  const found = find(folder);
  if (found !== undefined || existsSync(join(folder, ".git")) || dirname(folder) === folder) return found;
  return around(dirname(folder), find);
}

function parse(folder: string, text: string): Manifest {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    const path = join(folder, "package.json");
    throw new TestDbError("OPTION_INVALID", { what: `${path} is no JSON`, next: `mend ${path}`, cause });
  }
}

export const textOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

function suitesIn(folder: string, below: string): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return /^(node_modules|dist|build|\..*)$/.test(entry.name) ? [] : suitesIn(folder, path);
    return /\.it\.test\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
  });
}
