/** The runners, as the conformance suite wants to know them: how a suite is written and run under each of them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installed } from "./installed.ts";
import { root } from "./project.ts";

/** How an option of `useTestDb()` is written in a file of the project's: as JSON. */
export type Options = Readonly<Record<string, unknown>>;

export interface Idiom {
  readonly name: string;
  /** What the project has installed: name → directory. */
  readonly packages: Readonly<Record<string, string>>;
  /** What files are written in; `ts` is modules in TypeScript, which the runner makes CommonJS of. */
  readonly module: "esm" | "cjs" | "ts";
  /** Whether a file's tests run at the same time: then nothing can happen between two of them. */
  readonly isConcurrent?: boolean;
  /** Whether it is so much like another that one look is enough, but for a long run. */
  readonly isVariant?: boolean;
  /** A file that gives the project a unit before the application's modules load: the global `testDb`. */
  setup(options: Options, driver: "" | "/pg"): Readonly<Record<string, string>>;
  /** What a file of tests begins with: the runner's `test`, and `describeWhere` for a suite that is skipped where the flag is off. */
  readonly head: string;
  command(files: readonly string[]): readonly string[];
}

const modules = join(root, "node_modules");
const under = (name: string): string => join(root, "packages", "runners", "node_modules", name);
const json = (value: unknown): string => JSON.stringify(value);

const setupFile = (module: string, options: Options): string =>
  `import { useTestDb } from "${module}";\nexport const testDb = globalThis.testDb = await useTestDb(${json(options)});\n`;

const vitest = (name: string, directory: string, program: string = process.execPath): Idiom => ({
  name,
  packages: { vitest: directory },
  module: "esm",
  setup: (options, driver) => ({
    "test/database.mjs": setupFile(`with-test-db/vitest${driver}`, options),
    "vitest.config.mjs": `export default { test: { setupFiles: ["./test/database.mjs"] } }`,
  }),
  head: `import { describe, test } from "vitest";
    import { isIntegrationEnabled } from "with-test-db";
    const describeWhere = describe.skipIf(!isIntegrationEnabled());`,
  command: (files) => [program, join(directory, "vitest.mjs"), "run", ...files],
});

/** The environment: also under CommonJS, where a setup file cannot wait. */
const jestEnvironment = (name: string, jest: string): Idiom => ({
  name,
  packages: { jest },
  module: "cjs",
  setup: (options, driver) => ({
    "jest.config.json": json({
      testEnvironment: `with-test-db/jest/environment${driver}`,
      testEnvironmentOptions: { testDb: options },
    }),
  }),
  head: `const { describeIntegration: describeWhere } = require("with-test-db/jest");`,
  command: (files) => [process.execPath, join(jest, "bin/jest.js"), ...files],
});

const tsJest: Idiom = {
  ...jestEnvironment("jest 30, by ts-jest", join(modules, "jest")),
  packages: {
    jest: join(modules, "jest"),
    "ts-jest": join(modules, "ts-jest"),
    typescript: join(modules, "typescript"),
  },
  module: "ts",
  isVariant: true,
  setup: (options, driver) => ({
    "jest.config.json": json({
      testEnvironment: `with-test-db/jest/environment${driver}`,
      testEnvironmentOptions: { testDb: options },
      transform: { "\\.ts$": ["ts-jest", { diagnostics: false, tsconfig: { module: "commonjs", target: "es2022" } }] },
    }),
  }),
  head: `import { describeIntegration as describeWhere } from "with-test-db/jest";`,
};

/** A setup file that waits, within the file's own context. */
const jestSetupFile = (name: string, module: Idiom["module"]): Idiom => ({
  name,
  packages: { jest: join(modules, "jest") },
  module,
  setup: (options, driver) => ({
    "jest.config.json": json({
      testEnvironment: `with-test-db/jest/environment${driver}`,
      setupFilesAfterEnv: [module === "esm" ? "./test/database.mjs" : "./test/database.js"],
      ...(module === "esm" ? { testMatch: ["**/*.test.mjs"], transform: {} } : {}),
    }),
    "test/database.mjs": setupFile(`with-test-db/jest${driver}`, options),
    "test/database.js": `const { useTestDb } = require("with-test-db/jest${driver}");
      module.exports = async () => { globalThis.testDb = await useTestDb(${json(options)}); };`,
  }),
  head:
    module === "esm"
      ? `import { test } from "@jest/globals"; import { describeIntegration as describeWhere } from "with-test-db/jest";`
      : `const { describeIntegration: describeWhere } = require("with-test-db/jest");`,
  command: (files) => [
    process.execPath,
    ...(module === "esm" ? ["--experimental-vm-modules", "--no-warnings"] : []),
    ...[join(modules, "jest", "bin/jest.js"), ...files],
  ],
});

const NODE_HEAD = `import { test } from "node:test"; import { describeIntegration as describeWhere } from "with-test-db/node";`;

const node = (name: string, program: string, ...flags: string[]): Idiom => ({
  name,
  packages: {},
  module: "esm",
  setup: (options, driver) => ({ "test/database.mjs": setupFile(`with-test-db/node${driver}`, options) }),
  head: NODE_HEAD,
  command: (files) => [program, "--import", "./test/database.mjs", "--test", ...flags, ...files],
});

export const bunProgram: string = join(modules, ".bin", "bun");
const bun = (name: string, ...flags: string[]): Idiom => ({
  name,
  packages: {},
  module: "esm",
  setup: (options, driver) => ({
    "test/database.mjs": setupFile(`with-test-db/bun${driver}`, options),
    "bunfig.toml": `[test]\npreload = ["./test/database.mjs"]`,
  }),
  head: `import { describe, test } from "bun:test";
    import { isIntegrationEnabled } from "with-test-db";
    const describeWhere = describe.skipIf(!isIntegrationEnabled());`,
  command: (files) => [bunProgram, "test", ...flags, ...files.map((file) => `./${file}`)],
});

const runs = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
/** What Node of the machine does not run, or runs like the others: `ALL_RUNNERS=1`. */
function more(): Idiom[] {
  const program = (version: string): string => join(installed("node", version), "bin", "node");
  const nodes = ["22", "24", "26"].map((version) => node(`node:test on ${version}`, program(version)));
  const oneProcess = node("node:test in one process", program("24"), "--test-isolation=none");
  return [...nodes, oneProcess, vitest("vitest 5", installed("vitest", "5"), program("24"))];
}

export const hasBun: boolean = runs(bunProgram);
if (!hasBun) process.stderr.write("SKIPPED: bun does not run here, so neither do its suites\n");

export const IDIOMS: readonly Idiom[] = [
  vitest("vitest 4", join(modules, "vitest")),
  { ...vitest("vitest 3", under("vitest-3")), isVariant: true },
  jestEnvironment("jest 30, by its environment", join(modules, "jest")),
  { ...jestEnvironment("jest 29, by its environment", join(modules, "jest-29")), isVariant: true },
  tsJest,
  jestSetupFile("jest 30, by a setup file, CommonJS", "cjs"),
  jestSetupFile("jest 30, by a setup file, ESM", "esm"),
  node("node:test", process.execPath),
  ...(hasBun
    ? [
        bun("bun"),
        { ...bun("bun --parallel", "--parallel"), isVariant: true },
        { ...bun("bun --concurrent", "--concurrent"), isConcurrent: true },
      ]
    : []),
  ...(process.env["ALL_RUNNERS"] ? more() : []),
];
