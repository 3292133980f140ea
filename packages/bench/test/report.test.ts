import { describe, expect, it } from "vitest";
import type { Finding } from "../src/finding.ts";
import { verdictsOf } from "../src/goals.ts";
import { chartOf } from "../src/report/chart.ts";
import { figuresPageOf, pageOf } from "../src/report/page.ts";
import type { Result } from "../src/report/result.ts";
import { textOf } from "../src/report/text.ts";

const where = { setting: "tmpfs", tables: 30, migrations: 35 } as const;
const findings: Finding[] = [
  { ...where, measure: "lives", unit: "ms", samples: { ours: [5], template: [30] }, labels: { ours: "ours" } },
  {
    ...{ ...where, measure: "processor", part: "later lives", unit: "ms" },
    samples: { ours: [20], bare: [10] },
    shares: { client: { ours: [7], bare: [4] }, server: { ours: [13], bare: [6] } },
    labels: { ours: "ours", bare: "bare" },
  },
  {
    ...{ ...where, measure: "throughput", part: "8 processes <&>", unit: "a second" },
    samples: { ours: [60], bare: [120] },
    labels: { ours: "ours", bare: "bare" },
  },
];
const result: Result = {
  ...{ findings, verdicts: verdictsOf(findings), machine: {}, taken: 60, takenBy: { lives: 60 }, quick: false },
  leftOut: ["PGlite was not measured: it is not here"],
};

describe("the reports", () => {
  it("show what a sum is made of", () => {
    const page = figuresPageOf(result);
    expect(page).toContain("|  | median | quartiles | MAD | rounds | times ours | client | server |");
    expect(page).toContain("| bare | 10.0 ms |  |  | 1 | 0.50 | 4.00 | 6.00 |");
    expect(textOf(result)).toMatch(/bare .*10\.0 ms .*client 4\.00 +server 6\.00/);
  });

  it("say what was not measured, and how long each measure took", () => {
    expect(pageOf(result)).toContain("PGlite was not measured: it is not here.");
    expect(textOf(result)).toMatch(/PGlite was not measured.*\n.*60 s: lives 60/);
  });

  it("have no verdict where there is no goal", () => {
    const line = figuresPageOf(result)
      .split("\n")
      .find((text) => text.includes("8 processes"));
    expect(line).toMatch(/\| {2}\| 0\.50 \(0\.50 to 0\.50\) \| {2}\|$/);
  });

  it("draw every measure of what a life costs, in words that can't end the chart", () => {
    const svg = chartOf(findings);
    for (const value of ["30.0 ms", "20.0 ms", "120 a second"]) expect(svg).toContain(value);
    expect(svg).toContain("8 processes &lt;&amp;>");
  });
});
