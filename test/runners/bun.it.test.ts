import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { isIntegrationEnabled } from "../../src/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bun = `${root}/node_modules/.bin/bun`;
const { status } = spawnSync(bun, ["--version"]);
if (status !== 0) process.stderr.write("SKIPPED: bun does not run here, so neither does its suite\n");

describe.skipIf(!isIntegrationEnabled() || status !== 0)("under bun test", () => {
  it("the documented suite works as it stands", { timeout: 120_000 }, () => {
    // five seconds, unless told, are few for a server's start on a busy machine
    const run = spawnSync(bun, ["test", "--timeout", "60000", "./bun"], {
      cwd: `${root}/packages/catalog`,
      encoding: "utf8",
      env: { ...process.env, TEST_DB_IT: "1" },
    });
    expect(run.stderr).toMatch(/ 3 pass/);
    expect(run.stderr).toMatch(/ 0 fail/);
    expect(run.status).toBe(0);
  });
});
