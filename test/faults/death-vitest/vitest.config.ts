/** A run that ends with a worker in the middle of things: the runner's patience is short. */
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["hanging.mjs"],
    env: { TEST_DB_IT: "1" },
    testTimeout: 300,
    hookTimeout: 20_000,
    teardownTimeout: 300,
    pool: process.env["DEATH_POOL"] === "threads" ? "threads" : "forks",
  },
});

export default config;
