import { describe, expect, it, vi } from "vitest";
import { printable, printableLines, TestDbError, wordsOf } from "../src/errors.ts";

describe("TestDbError", () => {
  it("says what failed, why, what to type next, and its code", () => {
    const error = new TestDbError("UNIT_FAILED", { what: "It broke", why: "a\nb", next: "run it\nagain" });
    expect(error.message).toBe(
      ["It broke.", "  why:  a", "        b", "  next: run it", "        again", "  code: UNIT_FAILED"].join("\n"),
    );
    expect(error.code).toBe("UNIT_FAILED");
    expect(error.name).toBe("TestDbError");
    expect(error).toBeInstanceOf(Error);
  });

  it("leaves out what it was not given", () => {
    const error = new TestDbError("UNIT_GONE", { what: "It is gone", why: "", next: undefined });
    expect(error.message).toBe("It is gone.\n  code: UNIT_GONE");
    expect("cause" in error).toBe(false);
  });

  it("is known to another copy of the library", async () => {
    vi.resetModules();
    const other = (await import("../src/errors.ts")).TestDbError;
    expect(other).not.toBe(TestDbError);
    expect(new other("UNIT_GONE", { what: "It is gone" })).toBeInstanceOf(TestDbError);
    expect(new Error("It is gone")).not.toBeInstanceOf(TestDbError);
    expect(null).not.toBeInstanceOf(TestDbError);
    expect(
      Reflect.ownKeys(new TestDbError("UNIT_GONE", { what: "x" })).filter((key) => typeof key === "symbol"),
    ).toEqual([]);
  });

  it("keeps the cause whole, whatever was thrown", () => {
    const cause = new Error("inner");
    expect(new TestDbError("SEED_FAILED", { what: "x", cause }).cause).toBe(cause);
    expect(new TestDbError("SEED_FAILED", { what: "x", cause: null }).cause).toBeNull();
    expect(new TestDbError("SEED_FAILED", { what: "x", cause: 0 }).cause).toBe(0);
  });
});

describe("printable", () => {
  const awkward = "a\u001b[2J\u0007\u009b31m\r\u007f\u202eb\u2028\tc é 🐈";
  const shown = "a\\u001b[2J\\u0007\\u009b31m\\u000d\\u007f\\u202eb\\u2028\tc é 🐈";

  it("shows what a terminal would act on, and leaves the rest", () => {
    expect(printable(awkward)).toBe(shown);
    expect(printable("a\nb")).toBe("a\\u000ab");
    expect(printableLines(`${awkward}\r\n${awkward}`)).toBe(`${shown}\n${shown}`);
  });

  it("is what every message is made of", () => {
    const error = new TestDbError("UNIT_FAILED", { what: awkward, why: awkward, next: awkward });
    expect(error.message).toBe(`${shown}.\n  why:  ${shown}\n  next: ${shown}\n  code: UNIT_FAILED`);
  });
});

describe("wordsOf", () => {
  it.each<[what: string, thrown: unknown, words: string]>([
    ["an error", new Error("broken"), "broken"],
    ["an error without a message", new RangeError(), "RangeError"],
    [
      "several errors",
      new AggregateError([new Error("a"), "b", new AggregateError([new Error("c")])], "all"),
      "a; b; c",
    ],
    ["several errors that are none", new AggregateError([], "all"), "all"],
    ["a text", "text", "text"],
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["a number", 0, "0"],
  ])("of %s", (_, thrown, words) => {
    expect(wordsOf(thrown)).toBe(words);
  });
});
