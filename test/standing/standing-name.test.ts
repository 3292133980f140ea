import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assertName, defaultName } from "../../src/standing/standing-name.ts";
import { parseTarget } from "../../src/target/connection-url.ts";
import { temporaryFolder } from "../support/migrations.ts";

const of = (name: unknown): string => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name }));
  mkdirSync(join(folder, "src", "deep"), { recursive: true });
  return defaultName(join(folder, "src", "deep"));
};

describe("defaultName", () => {
  it.each([
    ["shop", "shop_test"],
    ["@acme/web-shop", "acme_web_shop_test"],
    ["Läden.app", "la_den_app_test"],
    // a sweep drops what begins with it_
    ["it-tools", "tools_test"],
    ["@it/it_it", "app_test"],
    ["商店", "app_test"],
    ["x".repeat(90), `${"x".repeat(58)}_test`],
  ])("makes %j into %s", (name, expected) => {
    expect(of(name)).toBe(expected);
  });

  it("takes the folder's name where the package has none", () => {
    expect(of(undefined)).toMatch(/^with_test_db_test_\w+_test$/);
  });

  it.each(["{bad", ""])("tells of a package.json that is none: %j", (text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "package.json"), text);
    expect(() => defaultName(folder)).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });

  it("is a name that may be used", () => {
    const target = parseTarget("postgres://me@localhost/postgres", "option url");
    for (const name of ["shop", "it-tools", "x".repeat(90)]) expect(() => assertName(of(name), target)).not.toThrow();
  });
});
