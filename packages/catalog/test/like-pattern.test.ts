import { expect, it } from "vitest";
import { containsPattern } from "../src/like-pattern.ts";

it("surrounds what was typed", () => {
  expect(containsPattern("api")).toBe("%api%");
  expect(containsPattern("")).toBe("%%");
});

it("escapes what LIKE would read as its own", () => {
  expect(containsPattern("50%_a\\b")).toBe(String.raw`%50\%\_a\\b%`);
});
