import { copyFile } from "node:fs/promises";
import { defineConfig, type UserConfig } from "tsdown";

/**
 * What ownFile() finds in dist: a worker thread and a detached process. Plain ESM, the same for
 * both builds, and whole: a process of its own finds no packages where they are not in a node_modules, as with Yarn's Plug'n'Play.
 */
const standalone = {
  "pg-dump-worker": "src/home/dump/pg-dump-worker.ts",
  supervisor: "src/server/supervisor.ts",
};

/** One for each runner and driver: what only they need belongs to none of the others. */
const IDIOMS = ["vitest", "jest", "jest-environment", "bun", "node"].flatMap((name) => [name, `${name}-pg`]);
/** What needs `withTestDb()`, for each driver: built with it, and loaded only where it is imported. */
const WITH_UNITS = ["migrations", "migrations-pg"];
/** What tests have beside their database: each loads itself alone, and nothing of the entries above. */
const TOOLBOX: string[] = [
  "mock",
  "seams",
  "assertions",
  "assertions-vitest",
  "assertions-jest",
  "assertions-bun",
  "fixtures",
  "roles",
];
const isOfBothEntries = (id: string): boolean =>
  /src[\\/].*(?<!\.d)\.ts$/.test(id) &&
  !/src[\\/]((index|pg|vitest|jest|bun|node|migrations)(-[\w-]+)?\.ts|migration-tests[\\/]|runners[\\/](?!preload|build-ahead))/.test(
    id,
  );

/** Of programs that nobody imports, half of which is other packages' code. Names stay as they are, for what a stack says. */
const minify = { compress: true, mangle: false, codegen: { removeWhitespace: true } } as const;

const config: UserConfig[] = defineConfig([
  {
    entry: {
      index: "src/index.ts",
      pg: "src/pg.ts",
      ...Object.fromEntries([...IDIOMS, ...WITH_UNITS].map((name) => [name, `src/${name}.ts`])),
    },
    format: ["esm", "cjs"],
    outExtensions: ({ format }) => (format === "es" ? { js: ".mjs", dts: ".d.mts" } : { js: ".cjs", dts: ".d.cts" }),
    platform: "node",
    target: "node20.19",
    dts: true,
    // of the runners, inside of their own processes
    deps: { neverBundle: ["@jest/globals", "bun:test"] },
    // A test runner loads it anew for every file of tests, and takes half a millisecond and more for each file of ours:
    // what is always needed together is one. Not with what only a suite that runs needs; nor the drivers, of which a
    // project has one.
    outputOptions: {
      exports: "named",
      codeSplitting: {
        groups: [
          { name: "entry", tags: ["$initial"], test: isOfBothEntries, priority: 1 },
          { name: "core", test: /src[\\/](open-test-db|drivers[\\/]drizzle-config)\.ts$/ },
        ],
      },
    },
  },
  {
    entry: Object.fromEntries(TOOLBOX.map((name) => [name, `src/${name}.ts`])),
    format: ["esm", "cjs"],
    outExtensions: ({ format }) => (format === "es" ? { js: ".mjs", dts: ".d.mts" } : { js: ".cjs", dts: ".d.cts" }),
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: true,
    deps: { neverBundle: ["with-test-db", "vitest", "@jest/globals", "bun:test"] },
    // an entry that shares the bundler's own functions with its chunks would export them
    outputOptions: { exports: "named", codeSplitting: { groups: [{ name: "interop", test: /rolldown[\\/]runtime/ }] } },
  },
  {
    entry: { cli: "src/cli/main.ts", "prove-worker": "src/prove-worker.ts", "prove-vitest": "src/prove-vitest.ts" },
    minify,
    format: "esm",
    outExtensions: () => ({ js: ".mjs" }),
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: false,
  },
  {
    // what drizzle-kit loads as its configuration: it requires that
    entry: { "drizzle-kit.config": "src/drizzle-kit/drizzle-kit.config.ts" },
    format: "cjs",
    outExtensions: () => ({ js: ".cjs" }),
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: false,
    hooks: {
      // drizzle-kit 1.0 loads the source
      "build:done": () => copyFile("src/drizzle-kit/drizzle-kit-1.config.mts", "dist/drizzle-kit-1.config.mts"),
    },
  },
  {
    entry: standalone,
    minify,
    format: "esm",
    outExtensions: () => ({ js: ".mjs" }),
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: false,
    deps: { alwaysBundle: ["postgres"] },
    inputOptions: { checks: { eval: false } }, // Emscripten's, in the pg_dump module
    hooks: {
      "build:done": () => copyFile("node_modules/@electric-sql/pglite-tools/dist/pg_dump.wasm", "dist/pg_dump.wasm"),
    },
  },
]);

export default config;
