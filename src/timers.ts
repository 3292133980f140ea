/**
 * Time as it passes. Fake timers replace what is global, and some what `node:timers` exports; a runner's DOM has timers that are
 * numbers. These are Node's own, whatever a test does, and wherever this module is first loaded.
 */
import timers from "node:timers";
import { runInNewContext } from "node:vm";

/** What sinon, in vitest and in jest, leaves of a function that it has replaced. */
interface Replaced {
  readonly clock?: Readonly<Record<string, unknown>>;
}

export const setTimeout: typeof timers.setTimeout = original(timers, "setTimeout");
export const clearTimeout: typeof timers.clearTimeout = original(timers, "clearTimeout");
export const setImmediate: typeof timers.setImmediate = original(timers, "setImmediate");
export const clearImmediate: typeof timers.clearImmediate = original(timers, "clearImmediate");
export const nextTick: typeof process.nextTick = original(process, "nextTick");

/** Milliseconds since the process began, with fractions: nobody fakes this clock. */
export const now = (): number => process.uptime() * 1000;

/** Milliseconds since 1970. */
export const wallClock: () => number = isNative(Date.now) ? Date.now : runInNewContext("Date.now");

/** `lingers`: the process may end meanwhile. */
export const sleep = (time: number, { lingers = false }: { lingers?: boolean } = {}): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, time);
    if (lingers) timer.unref();
  });

function original<Holder extends object, Name extends keyof Holder & string>(holder: Holder, name: Name): Holder[Name] {
  const { clock } = holder[name] as Replaced;
  return (clock?.[`_${name}`] as Holder[Name] | undefined) ?? holder[name];
}

function isNative(code: () => unknown): boolean {
  return Function.prototype.toString.call(code).includes("[native code]");
}
