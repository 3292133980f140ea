import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
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
  directory = mkdtempSync(join(realpathSync(tmpdir()), "with-test-db-home-"));
  chmodSync(directory, 0o755);
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
    expect(openHomeDirectory(home)).toBeUndefined();
    expect(isTrusted(home)).toBe(true);
  });

  it("is refused when others may write to it", () => {
    openHomeDirectory(home);
    chmodSync(dirname(home), 0o777);
    expect(isTrusted(home)).toBe(false);
    expect(openHomeDirectory(home)).toBe(`${dirname(home)} is writable by others`);
  });

  it("is refused when it is a link to somewhere", () => {
    mkdirSync(join(directory, "elsewhere", "pg-18"), { recursive: true });
    symlinkSync(join(directory, "elsewhere"), dirname(home));
    expect(isTrusted(home)).toBe(false);
    expect(openHomeDirectory(home)).toBe(`${dirname(home)} is not a directory`);
  });

  it.runIf(root)("is refused when another user made it, or its parent, and is not touched", () => {
    for (const [foreign, left] of [
      [dirname(home), []],
      [home, ["pg-18"]],
    ] as const) {
      mkdirSync(foreign, { recursive: true, mode: 0o755 });
      lchownSync(foreign, 65534, 65534);
      expect(isTrusted(home)).toBe(false);
      expect(openHomeDirectory(home)).toBe(`${foreign} belongs to the user with the id 65534`);
      expect(readdirSync(dirname(home))).toEqual(left);
      rmSync(dirname(home), { recursive: true });
    }
  });

  it("is refused where others may move it, and nothing is made there", () => {
    chmodSync(directory, 0o777);
    expect(openHomeDirectory(home)).toBe(`${directory} is writable by others, who may move what is in it (chmod +t)`);
    expect(readdirSync(directory)).toEqual([]);
    chmodSync(directory, 0o1777);
    expect(openHomeDirectory(home)).toBeUndefined();
    chmodSync(directory, 0o777);
    expect(isTrusted(home)).toBe(false);
  });

  it.runIf(root)("is refused where it would be another user's, or the server's user could not enter it", () => {
    chmodSync(directory, 0o700);
    expect(openHomeDirectory(home)).toBe(`${directory} can't be entered by nobody, the user that the server runs as`);
    chmodSync(directory, 0o755);
    lchownSync(directory, 65534, 65534);
    expect(openHomeDirectory(home)).toBe(`${directory} belongs to the user with the id 65534`);
  });

  it("is refused where it can't be made, in the system's own words", () => {
    expect(openHomeDirectory(join(directory, "nowhere", "with-test-db", "pg-18"))).toMatch(/^ENOENT: .*nowhere'$/);
    writeFileSync(join(directory, "file"), "", { mode: 0o755 });
    expect(openHomeDirectory(join(directory, "file", "with-test-db", "pg-18"))).toMatch(/^ENOTDIR: /);
    expect(readdirSync(directory)).toEqual(["file"]);
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
