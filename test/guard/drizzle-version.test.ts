import { describe, expect, it } from "vitest";
import { drizzleConfig } from "../../src/drivers/drizzle-config.ts";
import { assertDrizzleVersion } from "../../src/guard/drizzle-version.ts";

const refused = (version: string): string =>
  [
    `drizzle-orm ${version} is installed.`,
    "  why:  drizzle-orm 0.36 is the oldest that is supported",
    "  next: npm install drizzle-orm@^0.45",
    "  code: DRIZZLE_TOO_OLD",
  ].join("\n");

describe("a version of drizzle-orm", () => {
  it.each(["0.5.0", "0.20.0", "0.29.5", "0.35.3", "0.35.3-abcdef0"])(
    "before 0.36 is refused by name: %s",
    (version) => {
      expect(() => assertDrizzleVersion(version)).toThrow(refused(version));
      expect(() => drizzleConfig({}, version)).toThrow(refused(version));
    },
  );

  it.each(["0.36.0", "0.45.4", "0.100.0", "1.0.0-rc.1", "1.0.0", "10.2.0"])("from 0.36 on is not: %s", (version) => {
    expect(() => assertDrizzleVersion(version)).not.toThrow();
  });
});
