import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { homePaths, pathsForCopy } from "../../src/server/home-paths.ts";

afterEach(() => vi.unstubAllEnvs());

it("differ by version", () => {
  expect(homePaths("17.2.0", ["/state"])).not.toEqual(homePaths("18.4.0", ["/state"]));
});

it.skipIf(process.platform === "win32")("are in /tmp, too, once, wherever TMPDIR leads", () => {
  const roots = (): string[] => homePaths("18.4.0").map((home) => dirname(dirname(home)));
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "with-test-db-paths-"));
  try {
    mkdirSync(join(directory, "real"));
    symlinkSync(join(directory, "real"), join(directory, "link"));
    vi.stubEnv("TMPDIR", join(directory, "link"));
    expect(roots().slice(-2)).toEqual([join(directory, "real"), realpathSync("/tmp")]);
    vi.stubEnv("TMPDIR", join(directory, "nowhere"));
    expect(roots().slice(-2)).toEqual([join(directory, "nowhere"), realpathSync("/tmp")]);
    vi.stubEnv("TMPDIR", "/tmp");
    expect(roots().filter((root) => root === realpathSync("/tmp"))).toHaveLength(1);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

it("of a copy are in shared memory only where nothing else is left", () => {
  const [shared, other, third] = ["/dev/shm/with-test-db-0/pg", "/state/with-test-db-0/pg", "/tmp/with-test-db-0/pg"];
  expect(pathsForCopy([shared, other, third])).toEqual([other, third, shared]);
});
