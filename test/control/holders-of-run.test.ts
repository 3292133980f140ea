import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { HOLDERS_FILE, noteHolder, readHolders } from "../../src/control/holders-of-run.ts";
import { temporaryFolder } from "../support/migrations.ts";

describe("the holders of a run", () => {
  const folder = temporaryFolder();
  const file = join(folder, "holders");
  afterEach(() => vi.unstubAllEnvs());

  it("are read as they were noted", () => {
    expect(readHolders(file)).toEqual([]);
    vi.stubEnv(HOLDERS_FILE, file);
    const [one, other] = [
      { holder: -2_147_483_648, home: "it_home_1f" },
      { holder: 7, home: "it_home_2e_renewed" },
    ];
    noteHolder(one);
    noteHolder(other);
    expect(readHolders(file)).toEqual([one, other]);
  });

  it("are what a process notes, and nothing that was written by another hand", () => {
    writeFileSync(file, "1 it_home_a\n2 postgres\nx it_home_b\n3 it_home_c; drop\n4 it_home_d");
    expect(readHolders(file).map(({ holder }) => holder)).toEqual([1, 4]);
  });

  it("are noted nowhere without a run, and keep no process from its unit where they cannot be", () => {
    noteHolder({ holder: 1, home: "it_home_a" });
    vi.stubEnv(HOLDERS_FILE, join(folder, "none", "holders"));
    noteHolder({ holder: 1, home: "it_home_a" });
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});
