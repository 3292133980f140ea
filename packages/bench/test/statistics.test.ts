import { describe, expect, it } from "vitest";
import { interleave } from "../src/interleave.ts";
import { ratioOf, summaryOf } from "../src/statistics.ts";

describe("the statistics", () => {
  it("give the median, which one slow round does not move", () => {
    expect(summaryOf([10, 11, 9, 10, 500])).toMatchObject({ n: 5, median: 10, mad: 1 });
  });

  it("give a ratio with an interval that holds it", () => {
    const a = Array.from({ length: 30 }, (_, i) => 20 + (i % 5));
    const b = Array.from({ length: 30 }, (_, i) => 10 + (i % 3));
    const { value, between } = ratioOf(a, b);
    expect(value).toBe(2);
    expect(between[0]).toBeLessThanOrEqual(2);
    expect(between[1]).toBeGreaterThanOrEqual(2);
  });

  it("take turns, beginning with another one each round", async () => {
    const order: string[] = [];
    const samples = await interleave(["a", "b", "c"], { rounds: 3, seconds: 10, atLeast: 1 }, async (name) => {
      order.push(name);
      return order.length;
    });
    expect(order.join("")).toBe("abcbcacab");
    expect(samples).toEqual({ a: [1, 6, 8], b: [2, 4, 9], c: [3, 5, 7] });
  });
});
