/** What this library asks on its own is no query of the work that is captured, though it runs in its context. */
import type { AsyncLocalStorage } from "node:async_hooks";

/** Where a process keeps what is captured: the library is loaded twice, by `import` and by `require()`, and the toolbox has copies. */
export const CAPTURING: unique symbol = Symbol.for("with-test-db.capturing") as never;

/** Runs something outside of what is captured: `null` says that it is this library's, `undefined` that nothing is captured. */
export function uncaptured<Result>(work: () => Result): Result {
  const capturing = (globalThis as { [CAPTURING]?: { readonly context: AsyncLocalStorage<unknown> } })[CAPTURING];
  return capturing ? capturing.context.run(null, work) : work();
}
