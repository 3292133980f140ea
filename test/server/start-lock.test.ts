import { existsSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseStartLock, takeOverStartLock, takeStartLock } from "../../src/server/start-lock.ts";
import { temporaryFolder } from "../support/migrations.ts";

let home: string;
beforeEach(() => {
  home = temporaryFolder();
});

describe("the start lock", () => {
  const lock = (): string => join(home, "start.lock");

  it("has one holder, until it is given back", () => {
    expect(takeStartLock(home)).toBe(true);
    expect(takeStartLock(home)).toBe(false);
    releaseStartLock(home);
    expect(takeStartLock(home)).toBe(true);
  });

  it("is given back by the process that has taken it over, and by no other", () => {
    writeFileSync(lock(), String(process.ppid));
    releaseStartLock(home);
    expect(existsSync(lock())).toBe(true);
    expect(takeStartLock(home)).toBe(false);
    takeOverStartLock(home);
    releaseStartLock(home);
    expect(existsSync(lock())).toBe(false);
  });

  it("is free when its holder is dead, stuck, or was killed before it could write its name", () => {
    writeFileSync(lock(), "999999999");
    expect(takeStartLock(home)).toBe(true);
    const past = Date.now() / 1000 - 61;
    utimesSync(lock(), past, past);
    expect(takeStartLock(home)).toBe(true);
    writeFileSync(lock(), "");
    expect(takeStartLock(home)).toBe(false);
    utimesSync(lock(), past, past);
    expect(takeStartLock(home)).toBe(true);
  });

  it("cannot be taken in a home directory that is gone", () => {
    rmSync(home, { recursive: true });
    expect(takeStartLock(home)).toBe(false);
  });
});
