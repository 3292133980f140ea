/**
 * Something that a client's user gets, made while the client waits for its server: in a new process `drizzle()` takes two
 * milliseconds, and connecting more than that.
 *
 * @returns gives what was made, or makes it; throws what `make` throws
 */
import { setImmediate } from "../timers.ts";
export function whileConnecting<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  const get = (): T => {
    made ??= { value: make() };
    return made.value;
  };
  setImmediate(() => {
    try {
      get();
    } catch {
      // it fails again for the caller that asks for it
    }
  });
  return get;
}
