import { describe, expect, it } from "vitest";
import { blocksOf, modeInWords, worstLocks } from "../../src/rehearse/lock-modes.ts";
import type { HeldLock } from "../../src/rehearse/rehearsal.ts";

const lock = (table: string, mode: string, begins: number, isOld = true): HeldLock => ({
  ...{ table, mode, begins, isOld, ms: 100 - begins },
  blocks: blocksOf(mode),
  at: { tag: "t", file: "t.sql", line: begins },
});

describe("worstLocks()", () => {
  it("are what blocks more than before, on tables that were there", () => {
    const locks = [
      lock("a", "RowExclusiveLock", 0),
      lock("a", "ShareLock", 1),
      lock("b", "AccessExclusiveLock", 2, false),
      lock("a", "ShareRowExclusiveLock", 3),
      lock("c", "AccessExclusiveLock", 4),
      lock("a", "AccessExclusiveLock", 5),
      lock("c", "ShareLock", 6),
    ];
    expect(worstLocks({ locks }).map(({ table, mode }) => `${table} ${mode}`)).toEqual([
      "a ShareLock",
      "a AccessExclusiveLock",
      "c AccessExclusiveLock",
    ]);
  });
});

it("calls modes what SQL calls them", () => {
  expect(["AccessExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock"].map(modeInWords)).toEqual([
    "ACCESS EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
  ]);
});
