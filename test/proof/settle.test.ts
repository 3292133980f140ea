import { describe, expect, it } from "vitest";
import { nameParts } from "../../src/proof/settle.ts";

describe("nameParts", () => {
  it("splits at dots outside of quotes", () => {
    expect(nameParts("users.email")).toEqual(["users", "email"]);
    expect(nameParts('"Odd ""na.me"."a.b"')).toEqual(['"Odd ""na.me"', '"a.b"']);
    expect(nameParts("f(a integer)")[0]).toBe("f");
  });
});
