/** The files of docs/assertions.md, in a project as docs/vitest.md begins one. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MATCHERS } from "../../src/assertions/matchers.ts";
import * as assertions from "../../src/assertions.ts";
import { isIntegrationEnabled } from "../../src/index.ts";
import { follow, newFolder, type Step, stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

const page = read("docs/assertions.md");
const files = stepsOf(page).filter((step) => step.kind === "file");
const [install, , config] = stepsOf(read("docs/vitest.md"));
const tsconfig = {
  compilerOptions: {
    ...{ target: "ES2022", lib: ["ES2023", "ESNext.Disposable"], module: "NodeNext", types: ["node"], strict: true },
    ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
  },
  include: ["src", "test"],
};
const commands = (...lines: string[]): Step => ({ kind: "commands", lines });

describe.skipIf(!isIntegrationEnabled() || !existsSync(join(root, "dist/assertions.mjs")))("docs/assertions.md", () => {
  const folder = newFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("works, and compiles", { timeout: 120_000 }, () => {
    expect(files.map(({ path }) => path)).toEqual(["test/rooms.it.test.ts", "src/schema.ts", "vitest.config.ts"]);
    const steps: Step[] = [
      install as Step,
      config as Step,
      ...files,
      { kind: "file", path: "tsconfig.json", text: JSON.stringify(tsconfig) },
      commands("npm install typescript @types/node", "npx tsc -p ."),
      commands("npx drizzle-kit generate", "TEST_DB_IT=1 npx vitest run"),
      { kind: "said", lines: ["Tests  3 passed (3)"] },
    ];
    follow(steps, folder);
  });
});

describe("docs/assertions.md", () => {
  it("lists every matcher, with its function", () => {
    const both = page + read("docs/queries.md");
    const listed = [...both.matchAll(/^\| `(to\w+)(?:\(.*?\))?` \| `(assert\w+)(?:\(.*?\))?` \|/gm)].map(
      ([, matcher, name]) => [matcher, name],
    );
    expect(listed.map(([matcher]) => matcher).sort()).toEqual(Object.keys(MATCHERS).sort());
    const functions = Object.keys(assertions).filter((name) => name.startsWith("assert"));
    expect(listed.map(([, name]) => name).sort()).toEqual(functions.sort());
  });
});
