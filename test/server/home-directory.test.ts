import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeHomeDirectory, isTrusted, openHomeDirectory } from "../../src/server/home-directory.ts";

const root = process.getuid?.() === 0;
let directory: string;
let home: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "with-test-db-home-"));
  home = join(directory, "with-test-db", "pg-18");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a home directory", () => {
  it("is this user's alone, whatever the umask", () => {
    const umask = process.umask(0);
    try {
      openHomeDirectory(home);
    } finally {
      process.umask(umask);
    }
    expect(statSync(home).mode & 0o777).toBe(root ? 0o711 : 0o700);
    expect(statSync(dirname(home)).mode & 0o777).toBe(root ? 0o711 : 0o700);
    openHomeDirectory(home);
    expect(isTrusted(home)).toBe(true);
  });

  it("is refused when others may write to it", () => {
    openHomeDirectory(home);
    chmodSync(dirname(home), 0o777);
    expect(isTrusted(home)).toBe(false);
    expect(() => openHomeDirectory(home)).toThrow(
      /cannot be trusted\.\n {2}why: {2}others may write to it; another user/,
    );
  });

  it("is refused when it is a link to somewhere", () => {
    mkdirSync(join(directory, "elsewhere"));
    symlinkSync(join(directory, "elsewhere"), dirname(home));
    expect(() => openHomeDirectory(home)).toThrow(/it is not a directory/);
  });

  it.runIf(root)("is refused when another user made it", () => {
    mkdirSync(dirname(home), { mode: 0o755 });
    lchownSync(dirname(home), 65534, 65534);
    expect(() => openHomeDirectory(home)).toThrow(/it belongs to the user with the id 65534/);
  });

  it("goes with its parent when both are empty, and stays otherwise", () => {
    openHomeDirectory(home);
    writeFileSync(join(home, "server.json"), "");
    closeHomeDirectory(home);
    expect(existsSync(home)).toBe(true);
    rmSync(join(home, "server.json"));
    closeHomeDirectory(home);
    expect(existsSync(dirname(home))).toBe(false);
  });
});
