import { describe, expect, it } from "vitest";
import type { Note } from "../../src/prove/work.ts";
import { comparer } from "../../src/prove/worker/compare.ts";

const query = (text: string, isWrite: boolean) => ({
  ...{ text, compared: text, isWrite, isOrdered: false },
  alterations: [{ id: `altered ${text}`, sql: "select 1" }],
});
/** One row, whatever runs: as the server says it. */
const same = (isWrite: boolean): string =>
  JSON.stringify([[], Array.from({ length: 3 }, () => (isWrite ? '1 {"": 5}' : "1 5 5"))]);

describe("comparer()", () => {
  /** What is noted where all of these are sent at once, and each has ended when the next is sent, or not. */
  async function notesOf(isOver: boolean, ...sent: readonly (readonly [string, boolean])[]): Promise<string[]> {
    const notes: Note[] = [];
    const { prepare } = comparer(
      [query("read", false), query("write", true)],
      (note) => notes.push(note),
      () => ({}),
      () => false,
    );
    const settled = isOver ? Promise.resolve() : new Promise(() => {});
    for (const [text, isWrite] of sent) {
      const compared = prepare?.({ text, parameters: [], settled, ask: async () => same(isWrite) });
      if (isOver) await compared;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return notes.flatMap((note) => (note.is === "compared" ? [`${note.id}: ${note.outcome}`] : []));
  }

  it("says nothing of what is the same", async () => {
    expect(await notesOf(true, ["read", false], ["write", true], ["read", false])).toEqual([]);
    expect(await notesOf(false, ["read", false], ["read", false])).toEqual([]);
  });

  it("does not know what a query would have found beside a write that has not ended", async () => {
    expect(await notesOf(false, ["write", true], ["read", false])).toEqual(["altered read: unknown"]);
    expect(await notesOf(false, ["write", true], ["write", true])).toEqual(["altered write: unknown"]);
  });
});
