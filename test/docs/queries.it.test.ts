/** The files of docs/queries.md, in a project as docs/vitest.md begins one, with the matchers that docs/assertions.md registers. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { follow, newFolder, type Step, stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

const filesOf = (page: string) => stepsOf(read(page)).filter((step) => step.kind === "file");
const [install, , config] = stepsOf(read("docs/vitest.md"));
const commands = (...lines: string[]): Step => ({ kind: "commands", lines });

describe.skipIf(!isIntegrationEnabled() || !existsSync(join(root, "dist/assertions.mjs")))("docs/queries.md", () => {
  const folder = newFolder();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("works", { timeout: 120_000 }, () => {
    const files = filesOf("docs/queries.md");
    expect(files.map(({ path }) => path)).toEqual(["test/teams.it.test.ts", "src/teams.ts", "src/schema.ts"]);
    const steps: Step[] = [
      install as Step,
      config as Step,
      ...files,
      ...filesOf("docs/assertions.md").filter(({ path }) => path === "vitest.config.ts"),
      commands("npx drizzle-kit generate --name teams", "TEST_DB_IT=1 npx vitest run"),
      { kind: "said", lines: ["Tests  2 passed (2)"] },
    ];
    follow(steps, folder);
  });
});
