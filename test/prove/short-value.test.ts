import { expect, it } from "vitest";
import { shortValue } from "../../src/prove/worker/short-value.ts";

it("tells short values, and which time is that of the run", () => {
  const soon = new Date(Date.now() + 1_000);
  expect(
    [1, true, 2n, "text", "2025-01-01 10:00:00+00", new Date(0), soon, soon.toISOString()].map(shortValue),
  ).toEqual([...["1", "true", "2", "text", "2025-01-01 10:00:00+00", "1970-01-01T00:00:00.000Z", "now", "now"]]);
  expect([null, undefined, [1], { a: 1 }, "x".repeat(41)].map(shortValue)).toEqual([null, null, null, null, null]);
});
