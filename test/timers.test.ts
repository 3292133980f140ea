import { afterEach, describe, expect, it, vi } from "vitest";

const FAKES: Parameters<typeof vi.useFakeTimers>[0][] = [
  {},
  { now: 0 },
  { toFake: ["setTimeout", "setImmediate", "Date"] },
];

afterEach(() => {
  vi.useRealTimers();
  vi.resetModules();
});

describe.each(["before", "after"])("timers that were loaded %s those of a test", (when) => {
  it.each(FAKES)("go on in real time: %j", async (fake) => {
    const began = Date.now();
    if (when === "before") await import("../src/timers.ts");
    vi.useFakeTimers(fake);
    const timers = await import("../src/timers.ts");
    vi.setSystemTime(0);
    const before = timers.now();
    await timers.sleep(2);
    await timers.sleep(2, { lingers: true });
    await new Promise((resolve) => timers.setImmediate(resolve));
    await new Promise<void>((resolve) => timers.nextTick(resolve));
    expect(timers.now()).toBeGreaterThan(before);
    expect(timers.wallClock()).toBeGreaterThanOrEqual(began);
    expect(Date.now()).toBe(0);
  });
});
