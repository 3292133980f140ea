import { describe, expect, it } from "vitest";
import { assertTimeWindow, daysBefore } from "../src/time-window.ts";

const noon = new Date("2025-03-30T12:00Z");

describe("assertTimeWindow", () => {
  it("lets an empty window pass", () => {
    expect(() => assertTimeWindow({ from: noon, to: noon })).not.toThrow();
  });

  it("names the end that is no date", () => {
    expect(() => assertTimeWindow({ from: noon, to: new Date("soon") })).toThrow(
      new RangeError('A window\'s "to" is not a valid date'),
    );
  });

  it("refuses a window that ends before it begins", () => {
    expect(() => assertTimeWindow({ from: noon, to: new Date(0) })).toThrow(RangeError);
  });
});

describe("daysBefore", () => {
  it("counts days of 24 hours, whatever clocks do", () => {
    expect(daysBefore(noon, 2)).toEqual({ from: new Date("2025-03-28T12:00Z"), to: noon });
  });
});
