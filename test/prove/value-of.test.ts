import { expect, it } from "vitest";
import { valueOf } from "../../src/prove/worker/value-of.ts";

it("tells short values, and which time is that of the run", () => {
  const soon = new Date(Date.now() + 1_000);
  expect([1, true, 2n, "text", "2025-01-01 10:00:00+00", new Date(0), soon, soon.toISOString()].map(valueOf)).toEqual([
    ...["1", "true", "2", "text", "2025-01-01 10:00:00+00", "1970-01-01T00:00:00.000Z", "now", "now"],
  ]);
  expect([null, undefined, [1], { a: 1 }, "x".repeat(41)].map(valueOf)).toEqual([null, null, null, null, null]);
});
