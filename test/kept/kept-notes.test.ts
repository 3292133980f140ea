import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { forgetKept, forgetServer, isKeptFor, type KeptNote, noteKept, readKept } from "../../src/kept/kept-notes.ts";
import { notePaths } from "../../src/server/home-paths.ts";
import type { Target } from "../../src/target/target.ts";

let root: string;
let directories: readonly string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "with-test-db-test-"));
  chmodSync(root, 0o755);
  directories = notePaths([root]);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const home: Target = {
  ...{ host: "127.0.0.1", port: 5432, user: "postgres", password: "secret", database: "it_home_a" },
  ...{ tls: "disable", tlsRootCert: undefined, origin: "embedded" },
};
const note = (name: string, more: Partial<KeptNote> = {}): KeptNote => ({ name, isolation: "schema", home, ...more });
const file = (name: string): string => join(directories[0] as string, `${name}.json`);
const age = (name: string, hours: number): void => {
  const then = new Date(Date.now() - hours * 3_600_000);
  utimesSync(file(name), then, then);
};

describe("notes of kept units", () => {
  it("are read as they were written, one or all, the youngest first, by their owner alone", () => {
    expect(readKept(directories)).toEqual([]);
    expect(noteKept(note("it_a", { test: "a > b\n" }), directories)).toBe(true);
    expect(noteKept(note("it_b", { isolation: "database" }), directories)).toBe(true);
    age("it_a", 1);
    expect(readKept(directories).map(({ name }) => name)).toEqual(["it_b", "it_a"]);
    expect(readKept(directories, "it_a")).toEqual([note("it_a", { test: "a > b\n" })]);
    expect(readKept(directories, "../it_a")).toEqual([]);
    if (process.getuid) expect(statSync(file("it_a")).mode & 0o777).toBe(0o600);
  });

  it("leave nothing once the last is forgotten", () => {
    noteKept(note("it_a"), directories);
    noteKept(note("it_b"), directories);
    forgetKept("it_a", directories);
    expect(readKept(directories).map(({ name }) => name)).toEqual(["it_b"]);
    forgetKept("it_b", directories);
    forgetKept("it_b", directories);
    expect(readdirSync(root)).toEqual([]);
  });

  it.skipIf(!process.getuid)("are neither written nor read where others could have been before", () => {
    mkdirSync(join(directories[0] as string, ".."), { recursive: true });
    chmodSync(join(directories[0] as string, ".."), 0o777);
    expect(noteKept(note("it_a"), directories)).toBe(false);
    chmodSync(join(directories[0] as string, ".."), 0o700);
    expect(noteKept(note("it_a"), directories)).toBe(true);
    chmodSync(directories[0] as string, 0o777);
    expect(readKept(directories)).toEqual([]);
    expect(isKeptFor(5432, directories)).toBe(false);
  });

  it("name a file of certificates by its whole path", () => {
    noteKept(note("it_a", { home: { ...home, tlsRootCert: "certs/ca.pem" } }), directories);
    noteKept(note("it_b", { home: { ...home, tlsRootCert: "system" } }), directories);
    const written = Object.fromEntries(readKept(directories).map((each) => [each.name, each.home.tlsRootCert]));
    expect(isAbsolute(written["it_a"] as string)).toBe(true);
    expect(written["it_b"]).toBe("system");
  });

  it("hold an embedded server for two hours, and no other server", () => {
    noteKept(note("it_a"), directories);
    noteKept(note("it_b", { home: { ...home, port: 5433, origin: "TEST_DB_URL" } }), directories);
    expect([5432, 5433, 5434].map((port) => isKeptFor(port, directories))).toEqual([true, false, false]);
    age("it_a", 1.9);
    expect(isKeptFor(5432, directories)).toBe(true);
    age("it_a", 2.1);
    expect(isKeptFor(5432, directories)).toBe(false);
    expect(readKept(directories)).toHaveLength(2);
    forgetServer(5432, directories);
    expect(readKept(directories).map(({ name }) => name)).toEqual(["it_b"]);
  });

  it("go with time where nobody forgets them", () => {
    noteKept(note("it_a"), directories);
    age("it_a", 8 * 24);
    noteKept(note("it_b"), directories);
    expect(readKept(directories).map(({ name }) => name)).toEqual(["it_b"]);
  });
});
