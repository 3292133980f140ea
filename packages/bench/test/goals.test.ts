import { describe, expect, it } from "vitest";
import type { Finding } from "../src/finding.ts";
import { type Verdict, verdictsOf } from "../src/goals.ts";

const verdictOf = (
  finding: Pick<Finding, "measure" | "tables" | "setting"> & Partial<Finding>,
  ours: number,
): Verdict[] =>
  verdictsOf([{ migrations: 35, unit: "ms", labels: {}, samples: { ours: [ours], bare: [10] }, ...finding }]);

describe("the goals", () => {
  it("are met or missed", () => {
    const later = { measure: "later", setting: "tmpfs", tables: 30 } as const;
    expect(verdictOf(later, 11)).toMatchObject([{ met: true, measured: "1.10 (1.10 to 1.10)" }]);
    expect(verdictOf(later, 12)).toMatchObject([{ met: false, wanted: "at most 1.1 times" }]);
  });

  it("depend on how many tables there are, and on the server", () => {
    const first = { measure: "first", setting: "tmpfs" } as const;
    expect(verdictOf({ ...first, tables: 30 }, 11)).toMatchObject([{ met: false }]);
    expect(verdictOf({ ...first, tables: 110 }, 11)).toMatchObject([{ met: true }]);
    expect(verdictOf({ ...first, tables: 30, setting: "disk" }, 14)).toMatchObject([{ wanted: "", met: undefined }]);
  });

  it("leave a figure without a verdict where nothing is set", () => {
    const part = "8 processes";
    expect(verdictOf({ measure: "throughput", setting: "tmpfs", tables: 30, part }, 5)).toEqual([
      expect.objectContaining({
        measured: "0.50 (0.50 to 0.50)",
        met: undefined,
        where: expect.stringContaining(part),
      }),
    ]);
  });
});
