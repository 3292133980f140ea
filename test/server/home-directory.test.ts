import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeHome, homesOf, homeWithRoom, isTrusted, openHome, serverUser } from "../../src/server/home-directory.ts";
import { isAlive, releaseStartLock, takeStartLock } from "../../src/server/start-lock.ts";

const root = process.getuid?.() === 0;
let directory: string;
let home: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "with-test-db-home-"));
  home = homesOf("18.4.0", directory)[0] as string;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a home", () => {
  it("is this user's alone, whatever the umask", () => {
    const umask = process.umask(0);
    try {
      openHome(home);
    } finally {
      process.umask(umask);
    }
    expect(statSync(home).mode & 0o777).toBe(root ? 0o711 : 0o700);
    expect(statSync(dirname(home)).mode & 0o777).toBe(root ? 0o711 : 0o700);
    openHome(home);
    expect(isTrusted(home)).toBe(true);
  });

  it("is refused when others may write to it", () => {
    openHome(home);
    chmodSync(dirname(home), 0o777);
    expect(isTrusted(home)).toBe(false);
    expect(() => openHome(home)).toThrow(/cannot be trusted\.\n {2}why: {2}others may write to it; another user/);
  });

  it("is refused when it is a link to somewhere", () => {
    mkdirSync(join(directory, "elsewhere"));
    symlinkSync(join(directory, "elsewhere"), dirname(home));
    expect(() => openHome(home)).toThrow(/it is not a directory/);
  });

  it.runIf(root)("is refused when somebody else made it", () => {
    mkdirSync(dirname(home), { mode: 0o755 });
    lchownSync(dirname(home), 65534, 65534);
    expect(() => openHome(home)).toThrow(/it belongs to the user with the id 65534/);
  });

  it("goes with its parent when both are empty, and stays otherwise", () => {
    openHome(home);
    writeFileSync(join(home, "server.json"), "");
    closeHome(home);
    expect(existsSync(home)).toBe(true);
    rmSync(join(home, "server.json"));
    closeHome(home);
    expect(existsSync(dirname(home))).toBe(false);
  });

  it("differs by version, and the last one is taken where none has room", () => {
    expect(homesOf("17.2.0", directory)).not.toEqual(homesOf("18.4.0", directory));
    expect(homeWithRoom(["/proc/with-test-db-0/pg", home])).toBe(home);
  });
});

describe("serverUser", () => {
  const passwd = (text: string): string => {
    writeFileSync(join(directory, "passwd"), text);
    return join(directory, "passwd");
  };
  it.runIf(root)("is nobody for root, whatever its number", () => {
    expect(serverUser(passwd("root:x:0:0::/:/bin/sh\nnobody:x:99:98::/:/bin/false\n"))).toEqual({ uid: 99, gid: 98 });
    expect(() => serverUser(passwd("root:x:0:0::/:/bin/sh\n"))).toThrow(/has no user "nobody"/);
  });
  it.runIf(!root)("is ourselves for everybody else", () => {
    expect(serverUser()).toBeUndefined();
  });
});

describe("the start lock", () => {
  const lock = (): string => join(home, "start.lock");
  beforeEach(() => openHome(home));

  it("has one holder, until it is given back", () => {
    expect(takeStartLock(home)).toBe(true);
    expect(takeStartLock(home)).toBe(false);
    releaseStartLock(home);
    expect(takeStartLock(home)).toBe(true);
  });

  it("is not given back for a supervisor that has taken it over", () => {
    takeStartLock(home);
    writeFileSync(lock(), String(process.ppid));
    releaseStartLock(home);
    expect(existsSync(lock())).toBe(true);
    expect(takeStartLock(home)).toBe(false);
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

  it("cannot be taken in a home that is gone", () => {
    closeHome(home);
    expect(takeStartLock(home)).toBe(false);
  });

  it("tells the living from the dead", () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(999_999_999)).toBe(false);
  });
});
