/**
 * Lets the drivers work where a test has replaced the global timers. postgres.js connects with `setTimeout` and sends with
 * `setImmediate`, pg-pool hands out an idle client with `process.nextTick`; both look these up with each call, and what they wait
 * for comes from a server, for which no fake clock ticks. So the drivers' own callbacks go to Node's own timers, known by their
 * source, and everybody else's to what the test has put there.
 */
import * as own from "../timers.ts";

const OF_DRIVERS: readonly RegExp[] = [
  // postgres.js
  /^function nextWrite\b.*\bsocket\.write\(chunk/s,
  /^async function connect\b.*\bcreateSocket\(\)/s,
  /^function done\(args\).*\bfn\.apply\(null, args\).*\btimer = null/s,
  /\basync function destroy\(resolve\).*\bc\.terminate\(\)/s,
  // pg-pool and pg
  /\bthis\._pulseQueue\(\)/,
  /remove idle client|ending client due to|\bcon\.stream\.destroy\(/,
  /\bquery\.handleError\(.*, this\.connection\)/s,
  /^\(\) => \{\s*this\.emit\(['"]end['"]\);?\s*\}$/,
];

type Timer = (...given: unknown[]) => unknown;
type Holder = Record<string, Timer | undefined>;

const global = globalThis as unknown as Holder;
const ours = new WeakSet<Timer>();

/** Whether what drivers wait for is not Node's own. */
export const areReplaced = (): boolean =>
  globalThis.setImmediate !== own.setImmediate ||
  globalThis.setTimeout !== own.setTimeout ||
  process.nextTick !== own.nextTick;

/** To be called before a driver may set a timer. */
export function letDriversPass(): void {
  if (!areReplaced()) return;
  letPass(global, "setImmediate", own.setImmediate as Timer);
  letPass(global, "setTimeout", own.setTimeout as Timer);
  letPass(process as unknown as Holder, "nextTick", own.nextTick as Timer);
  letClear("clearImmediate", own.clearImmediate as Timer);
  letClear("clearTimeout", own.clearTimeout as Timer);
}

const letPass = (holder: Holder, name: string, real: Timer): void =>
  replace(holder, name, real, ([callback]) => isOfDriver(callback));

/** A fake clock warns of a timer of Node's own, and does not clear it. */
const letClear = (name: string, real: Timer): void =>
  replace(global, name, real, ([timer]) => {
    const { _onImmediate, _onTimeout } = (timer ?? {}) as { _onImmediate?: unknown; _onTimeout?: unknown };
    return passed.has(timer as object) || isOfDriver(_onImmediate ?? _onTimeout);
  });

/** What was let pass, also once its callback is gone. */
const passed = new WeakSet<object>();

function replace(holder: Holder, name: string, real: Timer, passes: (given: unknown[]) => boolean): void {
  const replaced = holder[name];
  // jest-environment-jsdom has no setImmediate, without which postgres.js does not work
  if (replaced === undefined) holder[name] = real;
  if (typeof replaced !== "function" || replaced === real || ours.has(replaced)) return;
  // a proxy, which has all that a fake or a spy has: its clock, its calls
  const passing = new Proxy(replaced, {
    apply(target, self, given) {
      if (!passes(given)) return Reflect.apply(target, self, given);
      const timer = real(...given);
      if (typeof timer === "object" && timer !== null) passed.add(timer);
      return timer;
    },
  });
  ours.add(passing);
  holder[name] = passing;
}

/** Whether a function is one of the callbacks that pass, or holds one. */
export function isOfDriver(callback: unknown): boolean {
  if (typeof callback !== "function") return false;
  const source = Function.prototype.toString.call(callback);
  return OF_DRIVERS.some((known) => known.test(source));
}
