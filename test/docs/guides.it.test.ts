import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { follow, missingOf, newFolder, stepsOf } from "./guide.ts";
import { read, root } from "./pages.ts";

const GUIDES = [
  ...["docs/vitest.md", "docs/jest.md", "docs/bun.md", "docs/node-test.md", "docs/other-runners.md"],
  ...["docs/guide.md", "docs/fixtures.md", "docs/migration-tests.md"],
];
/** A reader's git knows who commits. */
const GIT = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
};
const isBuilt = existsSync(join(root, "dist/index.mjs"));

for (const page of GUIDES) {
  const steps = stepsOf(read(page));
  const missing = missingOf(steps);
  if (missing.length > 0) {
    process.stderr.write(`SKIPPED: ${page} needs ${missing.join(", ")}; ONLINE=1 takes packages from the registry\n`);
  }
  it.skipIf(!isBuilt || missing.length > 0)(`${page} works, from an empty folder on`, { timeout: 400_000 }, () => {
    const folder = newFolder();
    try {
      follow(steps, folder, GIT);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  it(`${page} has no block that nobody runs`, () => {
    expect(steps.filter(({ kind }) => kind === "other")).toEqual([]);
    expect(steps.length).toBeGreaterThan(3);
  });
}
