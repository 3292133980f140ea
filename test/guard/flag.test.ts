import { afterEach, describe, expect, it, vi } from "vitest";
import { TestDbError } from "../../src/errors.ts";
import { assertIntegrationEnabled, isIntegrationEnabled } from "../../src/guard/flag.ts";

afterEach(() => vi.unstubAllEnvs());

describe("isIntegrationEnabled", () => {
  it.each(["1", "true", "yes", "on", "TRUE", "Yes", "oN", " 1 ", "true\n"])("is true for %j", (value) => {
    vi.stubEnv("TEST_DB_IT", value);
    expect(isIntegrationEnabled()).toBe(true);
  });

  it.each([undefined, "", " ", "0", "false", "no", "off", "OFF", " 0\t"])("is false for %j", (value) => {
    vi.stubEnv("TEST_DB_IT", value);
    expect(isIntegrationEnabled()).toBe(false);
  });

  it.each(["2", "01", "ture", "y", "n", "enabled", "yes please", "1,0", "-1", "null"])(
    "throws for %j, which may be a typo",
    (value) => {
      vi.stubEnv("TEST_DB_IT", value);
      expect(() => isIntegrationEnabled()).toThrow(
        new TestDbError("FLAG_INVALID", {
          what: `TEST_DB_IT="${value}" is neither yes nor no`,
          why: "only 1/true/yes/on and 0/false/no/off are understood, so that a typo cannot skip a suite",
          next: "TEST_DB_IT=1 npm test",
        }),
      );
    },
  );

  it("reads another variable when told to, and names it", () => {
    vi.stubEnv("TEST_DB_IT", "1");
    expect(isIntegrationEnabled("CATALOG_IT")).toBe(false);
    vi.stubEnv("CATALOG_IT", "maybe");
    expect(() => isIntegrationEnabled("CATALOG_IT")).toThrow('CATALOG_IT="maybe" is neither yes nor no.');
  });
});

describe("assertIntegrationEnabled", () => {
  it("lets a set flag pass", () => {
    vi.stubEnv("TEST_DB_IT", "yes");
    expect(() => assertIntegrationEnabled()).not.toThrow();
  });

  it("says what to add to the suite and what to type when the flag is not set", () => {
    vi.stubEnv("TEST_DB_IT", undefined);
    expect(() => assertIntegrationEnabled("MY_IT")).toThrow(
      [
        "withTestDb() was called, but MY_IT is not set.",
        "  why:  integration suites must be asked for, so that a plain test run never reaches a database; this suite is probably missing its describe.skipIf(!isIntegrationEnabled())",
        "  next: MY_IT=1 npm test",
        "  code: FLAG_UNSET",
      ].join("\n"),
    );
  });
});
