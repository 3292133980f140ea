import { describe, expect, it } from "vitest";
import { errorBudget } from "../src/error-budget.ts";

describe("errorBudget", () => {
  it.each([
    ["99.900", 30, 2592],
    ["99.999", 30, 25.92],
    ["99.000", 1, 864],
    ["50", 2, 86_400],
  ])("allows at %s percent over %d days %d seconds, to the digit", (target, periodDays, allowedSeconds) => {
    expect(errorBudget({ target, periodDays, spentSeconds: 0 }).allowedSeconds).toBe(allowedSeconds);
  });

  it("is exhausted when all is spent, and goes below zero", () => {
    const objective = { target: "99", periodDays: 1 };
    expect(errorBudget({ ...objective, spentSeconds: 863 }).isExhausted).toBe(false);
    expect(errorBudget({ ...objective, spentSeconds: 864 }).isExhausted).toBe(true);
    expect(errorBudget({ ...objective, spentSeconds: 900 }).remainingSeconds).toBe(-36);
  });

  it.each(["0", "100", "-1", "", "ninety"])("refuses the target %j", (target) => {
    expect(() => errorBudget({ target, periodDays: 30, spentSeconds: 0 })).toThrow(
      new RangeError(`A target lies between 0 and 100, both excluded; got ${JSON.stringify(target)}`),
    );
  });
});
