import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHome } from "../../src/server/open-home.ts";
import { mountSmallDisk, whyNoSmallDisk } from "../support/small-disk.ts";

const GIGABYTE = 1024 ** 3;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(realpathSync(tmpdir()), "with-test-db-open-"));
  chmodSync(directory, 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A home directory that is not there yet, in a root that is. */
function homeIn(name: string): string {
  mkdirSync(join(directory, name), { recursive: true });
  return join(directory, name, "with-test-db", "pg-18");
}
const roomIn =
  (rooms: Readonly<Record<string, number>>) =>
  (root: string): number =>
    rooms[root.slice(directory.length + 1)] ?? 0;

describe("openHome", () => {
  it("takes the first home directory that has room, and its start lock, for one process", () => {
    const homes = [homeIn("a"), homeIn("b"), homeIn("c")];
    const rooms = roomIn({ a: GIGABYTE / 2, b: GIGABYTE, c: 8 * GIGABYTE });
    expect(openHome(homes, rooms)).toEqual({ home: homes[1], isLocked: true });
    expect(openHome(homes, rooms)).toEqual({ home: homes[1], isLocked: false });
    expect(homes.map((home) => existsSync(dirname(home)))).toEqual([false, true, false]);
  });

  it("takes the one with the most room where none has enough", () => {
    const homes = [homeIn("a"), homeIn("b")];
    expect(openHome(homes, roomIn({ a: GIGABYTE / 4, b: GIGABYTE / 2 })).home).toBe(homes[1]);
  });

  it("takes the next where one is missing, or not to be trusted, and leaves nothing there", () => {
    const homes = [join(directory, "nowhere", "with-test-db", "pg-18"), homeIn("shared"), homeIn("own")];
    chmodSync(join(directory, "shared"), 0o777);
    expect(openHome(homes, () => GIGABYTE).home).toBe(homes[2]);
    expect(readdirSync(directory).sort()).toEqual(["own", "shared"]);
    expect(readdirSync(join(directory, "shared"))).toEqual([]);
  });

  it("says what is wrong with each where none holds", () => {
    const homes = [join(directory, "nowhere", "with-test-db", "pg-18"), homeIn("shared"), homeIn("full")];
    chmodSync(join(directory, "shared"), 0o777);
    let message = "";
    try {
      openHome(homes, (root) => (root.endsWith("full") ? 12_345_678 : GIGABYTE));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("The embedded server has no directory to run in.\n  why:  ENOENT");
    expect(message).toContain(`${directory}/nowhere'`);
    expect(message).toContain(`${directory}/shared is writable by others`);
    expect(message).toContain(`${directory}/full has 11 MB free`);
    expect(message).toContain("next: TMPDIR=");
    expect(message).toContain("code: EMBEDDED_FAILED");
  });

  it.skipIf(whyNoSmallDisk())("counts what is free where it is, and sees what can't be written to", () => {
    const small = mountSmallDisk(150);
    const readOnly = mountSmallDisk(2000);
    try {
      const home = join(small.path, "with-test-db", "pg-18");
      expect(openHome([home]).isLocked).toBe(true);
      small.fillUpTo(50 * 1024 ** 2);
      const other = join(readOnly.path, "with-test-db", "pg-18");
      readOnly.makeReadOnly();
      const fallback = homeIn("own");
      expect(() => openHome([home, other])).toThrow(/EROFS: .*\n.* has \d+ MB free/);
      expect(openHome([home, other, fallback]).home).toBe(fallback);
    } finally {
      small.unmount();
      readOnly.unmount();
    }
  });
});
