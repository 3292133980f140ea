import { defineConfig, type ViteUserConfig } from "vitest/config";

const hasSecondServer = !process.env["TEST_DB_URL"] && process.platform === "linux" && process.arch === "x64";
const secondServer = hasSecondServer ? ["test/support/second-server.ts"] : [];

/**
 * The fast lane is `unit`, and `types`, which compiles what users write. The integration lane is `integration`, our own
 * suites on a real server, and `packages`, which use the library as users do.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    // as many files at once as there are servers: suites look at all that is on theirs
    maxWorkers: hasSecondServer ? 2 : 1,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["**/*.it.test.ts", "test/types/**"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "types",
          include: ["test/types/**/*.test.ts"],
          globalSetup: ["packages/drizzle-1/place-library.mjs"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/**/*.it.test.ts"],
          globalSetup: secondServer,
          setupFiles: ["test/support/worker-server.mjs", "test/support/leave-nothing.ts"],
          env: { TEST_DB_IT: "1", TEST_DB_KEEP: "0" },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "packages",
          include: ["packages/*/test/**/*.test.ts"],
          globalSetup: [...secondServer, "packages/drizzle-1/place-library.mjs"],
          setupFiles: ["test/support/worker-server.mjs", "scripts/timeline.mjs"],
          env: { TEST_DB_IT: "1", TEST_DB_KEEP: "0" },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;
