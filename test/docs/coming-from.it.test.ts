/** The files of docs/coming-from.md, before and after: both work, and where a way needs what is not here, the file after does. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { type OwnDatabase, openOwnDatabase } from "../support/own-database.ts";
import { follow, newFolder, type Step, stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

const blocks = [...read("docs/coming-from.md").matchAll(/^```diff\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

/** The lines of one side, as a file. */
const side = (block: string, other: "-" | "+"): Extract<Step, { kind: "file" }> => {
  const lines = block.split("\n").filter((line) => !line.startsWith(other));
  const [step] = stepsOf(`\`\`\`ts\n${lines.map((line) => line.slice(1)).join("\n")}\n\`\`\`\n`);
  if (step?.kind !== "file") throw new Error(`names no file: ${block}`);
  return step;
};

const files = blocks.map((block) => ({
  path: side(block, "-").path,
  before: side(block, "+"),
  after: side(block, "-"),
}));
const needsMore = (text: string): boolean =>
  [...text.matchAll(/from "(@[\w-]+\/[\w-]+)"/g)].some(
    ([, name = ""]) => !existsSync(join(root, "node_modules", name)),
  );

/** What stands before a test in the pages of the runners. */
const PROJECT: readonly Step[] = stepsOf(read("docs/vitest.md")).slice(0, 4);
const PACKAGES: Step = { kind: "commands", lines: ["npm install @electric-sql/pglite"] };

describe.skipIf(!isIntegrationEnabled() || !existsSync(join(root, "dist/index.mjs")))("docs/coming-from.md", () => {
  let folder: string;
  let own: OwnDatabase;
  beforeAll(async () => {
    folder = newFolder();
    own = await openOwnDatabase(`it_coming_from_${Date.now().toString(36)}`);
    follow(PROJECT, folder);
    follow([PACKAGES], join(folder, "shop"));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await own.drop();
  });

  it("has the five ways", () => expect(files.map(({ path }) => path)).toHaveLength(5));

  const sides = files.flatMap(({ path, before, after }) => [
    { path, when: "before", file: before },
    { path, when: "after", file: after },
  ]);
  for (const { path, when, file } of sides) {
    const lacks = needsMore(file.text);
    if (lacks) process.stderr.write(`SKIPPED: ${path} ${when}: it imports what is not installed here\n`);
    it.skipIf(lacks)(`${path} works ${when}`, { timeout: 120_000 }, () => {
      const run = `TEST_DB_IT=1 TEST_DB_URL='${targetUrl(own.target)}' npx vitest run ${path}`;
      const steps: Step[] = [
        file,
        { kind: "commands", lines: [run] },
        { kind: "said", lines: ["Tests  1 passed (1)"] },
      ];
      follow(steps, join(folder, "shop"));
    });
  }
});
