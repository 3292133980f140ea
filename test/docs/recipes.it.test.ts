import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { read, root } from "./pages.ts";

const recipes = join(root, "packages/recipes");
const page = read("docs/recipes.md");
const blocks = [...page.matchAll(/^```[tj]s\n\/\/ (\S+)\n([\s\S]*?)^```/gm)].map(([, file = "", code = ""]) => ({
  file,
  code,
  lines: linesOf(code),
}));

/** The lines that say something. */
function linesOf(code: string): string[] {
  return code
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"));
}

describe("docs/recipes.md", () => {
  it.each(blocks)("shows what is in $file", ({ file, code, lines }) => {
    const there = readFileSync(join(recipes, file), "utf8");
    // of a test file it shows what the library adds
    if (!/\.test\.[tj]s$/.test(file)) return expect(code).toBe(there);
    const inOrder = linesOf(there).filter((line) => lines.includes(line));
    expect(inOrder).toEqual(lines);
  });

  it("counts the lines right", () => {
    const counts = [...page.matchAll(/^\| \[.*\]\(#(.+?)\).* \| (\d+) \| (\d+) \|$/gm)];
    expect(counts).toHaveLength(5);
    const handRolled = blocks.find(({ file }) => file.startsWith("hand-rolled"))?.lines.length;
    expect(counts.map(([, , added, removed]) => [Number(added), Number(removed)])).toEqual(
      ["injected-db", "nest-module", "db-singleton", "url-in-parts", "module-mock/"].map((application) => [
        blocks.find(({ file }) => file.startsWith(application))?.lines.length,
        handRolled,
      ]),
    );
  });
});

const isBuilt = existsSync(join(root, "dist/index.mjs"));

describe.skipIf(!isIntegrationEnabled() || !isBuilt)("packages/recipes", { timeout: 180_000 }, () => {
  let own: OwnDatabase;
  let scratch: string;
  beforeAll(async () => {
    own = await openOwnDatabase(`it_recipes_${Date.now().toString(36)}`);
    scratch = mkdtempSync(join(tmpdir(), "with-test-db-recipes-"));
  });
  afterAll(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await own.drop();
  });

  interface Report {
    readonly testResults: readonly { name: string; assertionResults: readonly { status: string }[] }[];
  }
  /** Each suite with the states of its tests, those of the same kind as one, and all that was said. */
  function run(program: string, args: string[], environment: NodeJS.ProcessEnv) {
    const file = join(scratch, "report.json");
    rmSync(file, { force: true });
    const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|JEST)/.test(name));
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(root, "node_modules", program), ...args, `--outputFile=${file}`],
      { cwd: recipes, encoding: "utf8", env: { ...Object.fromEntries(inherited), NODE_ENV: "test", ...environment } },
    );
    const told = `${stdout}${stderr}`;
    const { testResults } = JSON.parse(existsSync(file) ? readFileSync(file, "utf8") : "{}") as Report;
    const suites = (testResults ?? []).map(({ name, assertionResults }) => [
      relative(recipes, name).replaceAll("\\", "/"),
      ...new Set(assertionResults.map(({ status }) => status)),
    ]);
    return { suites: suites.sort(), status, told };
  }
  const vitest = (environment: NodeJS.ProcessEnv) =>
    run("vitest/vitest.mjs", ["run", "--reporter=json", "--testTimeout=60000", "--hookTimeout=60000"], environment);
  const jest = (environment: NodeJS.ProcessEnv) =>
    run("jest/bin/jest.js", ["-c", "module-mock-jest/jest.config.js", "--json"], environment);
  const suitesOf = (ending: string) =>
    readdirSync(recipes, { recursive: true, encoding: "utf8" })
      .map((file) => file.replaceAll("\\", "/"))
      .filter((file) => file.endsWith(ending) && !file.includes("node_modules"));

  it("the suites pass, and so do those of one with the helper that goes", () => {
    const { suites, status, told } = vitest({ TEST_DB_IT: "1", TEST_DB_URL: own.url, HAND_ROLLED_URL: own.url });
    const expected = [...suitesOf(".it.test.ts"), "db-singleton/test/actions.it.test.ts"].map((suite) => [
      suite,
      "passed",
    ]);
    expect(suites, told).toEqual(expected.sort());
    expect(status, told).toBe(0);
  });

  it("the suites of jest pass", () => {
    const { suites, status, told } = jest({ TEST_DB_IT: "1", TEST_DB_URL: own.url });
    expect(suites, told).toEqual(suitesOf(".it.test.js").map((suite) => [suite, "passed"]));
    expect(status, told).toBe(0);
  });

  it("without the flag all are skipped, whatever the server", () => {
    const environment = { TEST_DB_IT: "", TEST_DB_URL: "postgres://nobody@127.0.0.1:1/nothing" };
    const { suites, told } = vitest(environment);
    expect(suites, told).toEqual(
      suitesOf(".it.test.ts")
        .map((suite) => [suite, "skipped"])
        .sort(),
    );
    expect(jest(environment).suites).toEqual(suitesOf(".it.test.js").map((suite) => [suite, "pending"]));
  });
});
