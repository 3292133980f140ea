import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LateError, within } from "../../src/migrations/within.ts";

const never = (): Promise<never> => new Promise(() => {});
const nothing = (): void => {};

describe("within", { concurrent: true }, () => {
  it("gives what the work gives, and fails as it fails", async () => {
    expect(await within(1_000, async () => 7, nothing)).toBe(7);
    const own = new Error("own");
    await expect(within(1_000, () => Promise.reject(own), nothing)).rejects.toBe(own);
    const throws = (): never => {
      throw own;
    };
    await expect(within(1_000, throws, nothing)).rejects.toBe(own);
  });

  it("gives work up that does not end, once", async () => {
    let ends = 0;
    const late = within(1_100, never, () => ends++);
    await expect(late).rejects.toEqual(new LateError("it did not end within 1.1 s"));
    await sleep(100);
    expect(ends).toBe(1);
  });

  it("gives any work a second", async () => {
    expect(await within(0, () => sleep(300, 7), nothing)).toBe(7);
    await expect(within(0, never, nothing)).rejects.toThrow("it did not end within 1 s");
  });

  it("counts the time of each part by itself, and of none that begins too late", async () => {
    const work = async (again: () => void): Promise<number> => {
      for (let part = 0; part < 4; part++) {
        again();
        await sleep(400);
      }
      return 7;
    };
    expect(await within(1_000, work, nothing)).toBe(7);
    let ends = 0;
    const late = within(
      1_000,
      (again) => sleep(1_200).then(again),
      () => ends++,
    );
    await expect(late).rejects.toThrow(LateError);
    await sleep(1_500);
    expect(ends).toBe(1);
  });
});
