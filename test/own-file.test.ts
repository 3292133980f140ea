import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { besides } from "../src/own-file.ts";

it("finds a file beside a module", () => {
  expect(existsSync(besides(import.meta.url, "own-file.test.ts", "SNAPSHOT_FAILED"))).toBe(true);
});

it.each([
  ["that was bundled as ES module", import.meta.url],
  ["that was bundled as CommonJS", undefined],
])("says what to do where the module is one %s", (_, module) => {
  expect(() => besides(module, "left-behind.mjs", "EMBEDDED_FAILED")).toThrow(
    expect.objectContaining({ code: "EMBEDDED_FAILED", message: expect.stringContaining("--external:with-test-db") }),
  );
});
