import { describe, expect, it } from "vitest";
import { describeDifferences } from "../../src/proof/describe-differences.ts";
import type { Difference } from "../../src/proof/differences-between.ts";

describe("describeDifferences", () => {
  it("says what is missing, what is too much, and what both sides say of the rest", () => {
    expect(
      describeDifferences([
        { kind: "table", name: "users", how: "missing", origin: "{}" },
        { kind: "index", name: "users_idx", how: "extra", unit: "{}" },
        { kind: "column", name: "users.id", how: "changed", origin: "type: integer", unit: "type:\n  bigint" },
        { kind: "view", name: "v", how: "changed", unit: "refers to table public.users" },
      ]),
    ).toBe(
      [
        "table users is missing",
        "index users_idx is not in what the migrations made",
        "column users.id differs | migrations: type: integer | unit: type: bigint",
        "view v differs | unit: refers to table public.users",
      ].join("\n"),
    );
  });

  it("tells the first ten and counts the rest", () => {
    const many: Difference[] = Array.from({ length: 13 }, (_, i) => ({ kind: "table", name: `t${i}`, how: "missing" }));
    const lines = describeDifferences(many).split("\n");
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe("and 3 more");
  });

  it("cuts what is too long", () => {
    const [line = ""] = describeDifferences([
      { kind: "view", name: "v", how: "changed", origin: "x".repeat(1000) },
    ]).split("\n");
    expect(line.length).toBeLessThan(200);
    expect(line).toMatch(/…$/);
  });
});
