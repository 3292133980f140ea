import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

  it("reads the flag of a call's options, too", () => {
    vi.stubEnv("TEST_DB_IT", "1");
    expect(isIntegrationEnabled({ flag: "CATALOG_IT" })).toBe(false);
    vi.stubEnv("CATALOG_IT", "1");
    expect(isIntegrationEnabled({ flag: "CATALOG_IT" })).toBe(true);
    expect(isIntegrationEnabled({ flag: undefined })).toBe(true);
    expect(isIntegrationEnabled({})).toBe(true);
  });

  it.each([
    ...["", " ", "1", "TEST_DB_IT=1", "$TEST_DB_IT", "TEST DB", "TEST-DB", null, 0, 1, true, false, Number.NaN],
    ...[1n, Symbol("x"), () => "x", [], ["TEST_DB_IT"], { flag: 1 }, { flag: "" }, { flg: "X" }, { env: "X" }],
  ])("throws for what is no name (case %#): it could never be set", (flag) => {
    expect(() => isIntegrationEnabled(flag as never)).toThrow(
      /^isIntegrationEnabled\(\) takes the name of a variable, and was given .*code: OPTION_INVALID$/s,
    );
  });
});

/** With one or two letters more, less or different, in another case, or with words parted in another way. */
const NEAR = [
  "TEST_DBIT",
  "TEST_DB_ID",
  "TESTDB_IT",
  "TESTDBIT",
  "test_db_it",
  "Test-Db-It",
  "TEST_BD_IT",
  "TEST_DB_ITS",
];
/** Others that say yes: neither the library's own variables, nor what is common. */
const FAR = ["TEST_DB_KEEP", "TEST_DB_URL", "CI", "IT", "TEST", "DB_TEST", "INTEGRATION"];

describe("a variable that is nearly the flag", () => {
  let stderr: string[];
  beforeEach(() => {
    stderr = [];
    vi.resetModules();
    vi.stubEnv("TEST_DB_IT", undefined);
    vi.spyOn(process.stderr, "write").mockImplementation((text) => stderr.push(String(text)) > 0);
  });
  afterEach(() => vi.restoreAllMocks());

  it.each(NEAR)("is named once on stderr, and in the refusal of a call: %s", async (name) => {
    vi.stubEnv(name, "1");
    const flag = await import("../../src/guard/flag.ts");
    expect([flag.isIntegrationEnabled(), flag.isIntegrationEnabled()]).toEqual([false, false]);
    const said = `with-test-db: ${name} is set, but TEST_DB_IT is not: integration suites are skipped\n`;
    expect(stderr).toEqual([said]);
    expect(() => flag.assertIntegrationEnabled()).toThrow(`why:  ${name} is set, which may be a misspelling of it`);
  });

  it.each(NEAR)("is left alone where it does not say yes, or the flag is set: %s", async (name) => {
    const { isIntegrationEnabled } = await import("../../src/guard/flag.ts");
    vi.stubEnv(name, "42");
    isIntegrationEnabled();
    vi.stubEnv(name, "1");
    for (const value of ["", "0", "1"]) {
      vi.stubEnv("TEST_DB_IT", value);
      isIntegrationEnabled();
    }
    expect(stderr).toEqual([]);
  });

  it.each(FAR)("is not just any: %s", async (name) => {
    vi.stubEnv(name, "1");
    const { isIntegrationEnabled } = await import("../../src/guard/flag.ts");
    for (const flag of ["TEST_DB_IT", "E2E", "DB"]) isIntegrationEnabled(flag);
    expect(stderr).toEqual([]);
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
