/** jest loads modules for each file of tests anew, by a loader of its own. */
import Module from "node:module";
import type { JestRuntime } from "./current-test.ts";
import { type Intercept, isWatched } from "./drivers.ts";

interface Runtime extends JestRuntime {
  requireModule(from: string, name?: string, ...more: unknown[]): unknown;
}

type Load = (request: string, ...more: unknown[]) => unknown;

/** @param running - is told whose module is loaded: one file of tests at a time runs in a process */
export function interceptJest(intercept: Intercept, running: (runtime: JestRuntime) => void): void {
  const holder = Module as unknown as { _load: Load };
  const load = holder._load;
  holder._load = function (request, ...more) {
    const loaded = Reflect.apply(load, this, [request, ...more]);
    if (/(^|[\\/])jest-runtime([\\/]build[\\/]index(\.js)?)?$/.test(request)) changeRuntime(loaded, intercept, running);
    return loaded;
  };
}

const changed = new WeakSet<object>();

function changeRuntime(module: unknown, intercept: Intercept, running: (runtime: JestRuntime) => void): void {
  const { prototype } = (module as { readonly default?: { readonly prototype?: Runtime } }).default ?? {};
  if (!prototype || changed.has(prototype)) return;
  changed.add(prototype);
  const { requireModule } = prototype;
  prototype.requireModule = function (this: Runtime, from, name, ...more) {
    running(this);
    const loaded = Reflect.apply(requireModule, this, [from, name, ...more]);
    if (name !== undefined && isWatched(name)) intercept(name, loaded);
    return loaded;
  };
}
