/** Loads what a call needs along with the suite's own imports, in runners where that works. */
import { isBuiltin } from "node:module";
import { FLAG, readFlag } from "../guard/flag.ts";

/** Begins to load where the flag is set. What fails is said by the call that needs it. */
export function preload(load: () => Promise<unknown>): void {
  try {
    if (readFlag(FLAG) && !isInOwnContext) load().catch(() => {});
  } catch {
    // also a flag with a value that means nothing
  }
}

/**
 * Runners that load modules into a context of their own, as vitest's vm pools do, may take a module that an import is still
 * linking for one that is linked. So nothing is loaded there beside the suite's own imports. The functions of Node's own
 * modules come from outside of such a context.
 */
const isInOwnContext = !(isBuiltin instanceof Function);
