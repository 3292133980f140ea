import { describe, expect, it } from "vitest";
import { systemIdFor } from "../src/system-id.ts";

describe("systemIdFor", () => {
  it.each([
    ["Order Intake", "order-intake"],
    ["  Order -- Intake! ", "order-intake"],
    ["Crème Brûlée", "creme-brulee"],
    ["API v2.1", "api-v2-1"],
    ["ﬁne", "fine"],
  ])("makes of %j the id %j", (name, id) => {
    expect(systemIdFor(name)).toBe(id);
  });

  it("cuts long names, and leaves no hyphen at the cut", () => {
    expect(systemIdFor("x".repeat(100))).toHaveLength(63);
    expect(systemIdFor(`${"x".repeat(62)} y`)).toBe("x".repeat(62));
  });

  it("names what it can make nothing of", () => {
    expect(() => systemIdFor("¿?")).toThrow(new RangeError('No id can be made from the name "¿?"'));
  });
});
