import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { findProgram } from "../../src/kept/say-kept.ts";
import { targetUrl } from "../../src/target/connection-url.ts";
import { onDatabase, type Target } from "../../src/target/target.ts";
import { testTarget } from "../support/target.ts";
import { follow, missingOf, newFolder, type Step, stepsOf, type } from "./guide.ts";
import { read, root } from "./pages.ts";

const steps = stepsOf(read("docs/cli.md"));
const missing = missingOf(steps);
const isBuilt = existsSync(join(root, "dist/cli.mjs"));
if (missing.length > 0) process.stderr.write(`SKIPPED: docs/cli.md needs ${missing.join(", ")}\n`);
const hasPsql = findProgram("psql") !== undefined;
if (!hasPsql) process.stderr.write("SKIPPED: what docs/cli.md shows of psql, which is not installed\n");

it.skipIf(!isBuilt || missing.length > 0)("docs/cli.md works, in an empty folder", { timeout: 400_000 }, async () => {
  const server = await testTarget();
  const folder = newFolder();
  const project = join(folder, "shop");
  const environment = { TEST_DB_KEEP: "on-failure" };
  mkdirSync(project);
  try {
    follow(
      possible(steps).map((step) => at(server, step)),
      project,
      environment,
    );
  } finally {
    if (existsSync(join(project, ".env.test"))) type("npx with-test-db database drop", project);
    rmSync(folder, { recursive: true, force: true });
  }
});

it("docs/cli.md has no block that nobody runs, but for CI's", () => {
  expect(steps.flatMap((step) => (step.kind === "other" ? [step.language] : []))).toEqual(["yaml"]);
  expect(steps.length).toBeGreaterThan(30);
});

/** The steps without those that need psql, where there is none, and what they say. */
const possible = (all: readonly Step[]): Step[] =>
  all.filter((step, index) => {
    const typed = step.kind === "said" ? all[index - 1] : step;
    return (
      hasPsql || typed?.kind !== "commands" || !typed.lines.some((line) => line.startsWith("npx with-test-db psql"))
    );
  });

/** A step with the server of the suites in the place of the page's. */
function at(server: Target, step: Step): Step {
  const placed = (line: string): string =>
    line
      .replace(/postgres:\/\/postgres@127\.0\.0\.1:5432\/(\w+)/g, (_, database: string) =>
        targetUrl(onDatabase(server, database)),
      )
      .replaceAll("postgres@127.0.0.1:5432", `${server.user}@${server.host}:${server.port}`);
  if (step.kind === "file") return { ...step, text: placed(step.text) };
  return "lines" in step ? { ...step, lines: step.lines.map(placed) } : step;
}
