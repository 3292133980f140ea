import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CASES } from "../support/cases.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const tests = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((file) => /(?<!\.it)\.test\.ts$/.test(file))
  .map((file) => readFileSync(`${root}/${file}`, "utf8"))
  .join("\n");

describe("what parses other people's text", () => {
  const total = Object.values<number>(CASES).reduce((sum, count) => sum + count);

  it(`is tried with ${total} cases in every run, which are 100,000 at the least`, () => {
    expect(total).toBeGreaterThanOrEqual(100_000);
  });

  it.each(Object.keys(CASES))("%s: in one test", (name) => {
    expect(tests.split(`runs("${name}")`)).toHaveLength(2);
  });
});
