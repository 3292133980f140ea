import { describe, expect, it } from "vitest";
import { runFiles } from "../../src/run/run-files.ts";

const files = ["a", "b", "c", "d", "e"];
const never = (): boolean => false;

describe("runFiles()", () => {
  it("runs so many at once, and gives the results in the order of the files", async () => {
    let [running, most] = [0, 0];
    const ends: string[] = [];
    const { results, failure } = await runFiles(
      files,
      2,
      async (file) => {
        most = Math.max(most, ++running);
        // the first is the last to end
        for (let turn = 0; turn < (file === "a" ? 50 : 2); turn++) await Promise.resolve();
        running--;
        ends.push(file);
        return file.toUpperCase();
      },
      never,
    );
    expect([results, failure, most]).toEqual([["A", "B", "C", "D", "E"], undefined, 2]);
    expect(ends).toEqual(["b", "c", "d", "e", "a"]);
  });

  it("begins no more once it is told to stop", async () => {
    const begun: string[] = [];
    const run = async (file: string): Promise<string> => {
      begun.push(file);
      return file;
    };
    expect(await runFiles(files, 1, run, () => begun.length === 2)).toEqual({
      results: ["a", "b"],
      failure: undefined,
    });
    expect(begun).toEqual(["a", "b"]);
  });

  it("begins no more after a failure, and ends when what runs has ended", async () => {
    const error = new Error("no server");
    const ended: string[] = [];
    const run = async (file: string): Promise<string> => {
      if (file === "b") throw error;
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      ended.push(file);
      return file;
    };
    expect(await runFiles(files, 2, run, never)).toEqual({ results: ["a"], failure: error });
    expect(ended).toEqual(["a"]);
  });
});
