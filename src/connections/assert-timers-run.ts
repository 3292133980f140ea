/** No call waits in silence for a timer that a test has replaced, and none leaves a driver waiting for it. */
import { PassThrough } from "node:stream";
import { TestDbError } from "../errors.ts";
import { clearTimeout, setTimeout } from "../timers.ts";
import { isOfDriver, letDriversPass } from "./drivers-timers.ts";

/** Runners give a test five seconds. */
const PATIENCE = 3_000;

/** Whether the callbacks of each driver that was loaded are known: they are not where it was minified. */
let areKnown = true;

/** @param code - a function of the driver's that holds some of its callbacks */
export function noteDriver(code: unknown): void {
  areKnown &&= isOfDriver(code);
}

/**
 * To be called where timers are replaced. Where the driver's callbacks don't pass, a fake clock may tick by itself all the same,
 * or at somebody's command.
 *
 * @param call - its name, for the error
 * @throws TestDbError `TIMERS_FAKED`
 */
export async function assertTimersRun(call: string): Promise<void> {
  letDriversPass();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timersFaked(call)), PATIENCE);
  });
  await Promise.race([areKnown ? ownTicks() : ticks(), late]).finally(() => clearTimeout(timer));
}

/** Node's own streams wait for `process.nextTick`, too: which is another one than a test's where Jest runs that. */
const ownTicks = (): Promise<void> => new Promise((resolve) => void new PassThrough().once("close", resolve).destroy());

const ticks = async (): Promise<void> => {
  await new Promise((resolve) => globalThis.setTimeout(resolve));
  await new Promise((resolve) => globalThis.setImmediate(resolve));
  await new Promise<void>((resolve) => process.nextTick(resolve));
  await ownTicks();
};

const timersFaked = (call: string): TestDbError =>
  new TestDbError("TIMERS_FAKED", {
    what: `${call} was called while fake timers stand still`,
    why: "the database driver sends its queries with setTimeout, setImmediate and process.nextTick, and waits for them for ever",
    next: 'vi.useFakeTimers({ toFake: ["Date"] }); in Jest: jest.useFakeTimers({ doNotFake: ["setTimeout", "setImmediate", "nextTick"] })',
  });
