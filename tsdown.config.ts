import { copyFile } from "node:fs/promises";
import { defineConfig, type UserConfig } from "tsdown";

/** Programs that ownFile() finds in dist: a worker thread and a detached process. Plain ESM, the same for both builds. */
const standalone = {
  "pg-dump-worker": "src/home/dump/pg-dump-worker.ts",
  supervisor: "src/server/supervisor.ts",
};

const config: UserConfig[] = defineConfig([
  {
    entry: { index: "src/index.ts", pg: "src/pg.ts" },
    format: ["esm", "cjs"],
    outExtensions: ({ format }) => (format === "es" ? { js: ".mjs", dts: ".d.mts" } : { js: ".cjs", dts: ".d.cts" }),
    platform: "node",
    target: "node20.19",
    dts: true,
    // A test runner loads it anew for every file of tests, and takes half a millisecond and more for each file of ours:
    // what is always needed together is one. Not with what only a suite that runs needs; nor the drivers, of which a
    // project has one.
    outputOptions: {
      codeSplitting: {
        groups: [
          { name: "entry", tags: ["$initial"], test: /src[\\/](?!index\.|pg\.).*(?<!\.d)\.ts$/, priority: 1 },
          { name: "core", test: /src[\\/](open-test-db|drivers[\\/]drizzle-config)\.ts$/ },
        ],
      },
    },
  },
  {
    entry: { cli: "src/cli/main.ts" },
    format: "esm",
    outExtensions: () => ({ js: ".mjs" }),
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: false,
  },
  {
    entry: standalone,
    format: "esm",
    outExtensions: () => ({ js: ".mjs" }),
    platform: "node",
    target: "node20.19",
    clean: false,
    dts: false,
    inputOptions: { checks: { eval: false } }, // Emscripten's, in the pg_dump module
    hooks: {
      "build:done": () => copyFile("node_modules/@electric-sql/pglite-tools/dist/pg_dump.wasm", "dist/pg_dump.wasm"),
    },
  },
]);

export default config;
