import { defineConfig, type UserConfig } from "tsdown";

/** Built to plain JavaScript, because a loader that compiles on the way in would be measured with what it loads. */
const config: UserConfig = defineConfig({
  entry: { main: "src/main.ts", worker: "src/worker.ts", project: "src/project.ts" },
  format: "esm",
  outExtensions: () => ({ js: ".mjs" }),
  platform: "node",
  target: "node20.19",
  dts: false,
});

export default config;
