/** What is counted on of Node: docs/decisions/what-is-counted-on.md. Read in Node 20 and 24. */
import { AsyncLocalStorage, createHook, executionAsyncId } from "node:async_hooks";
import { expect, it } from "vitest";

it("a thenable that is awaited runs in the context of the await, by the promise that the await has made in its own frame", async () => {
  const context = new AsyncLocalStorage<string>();
  const made = new Map<number, string>();
  const hook = createHook({
    init(asyncId) {
      if (context.getStore()) made.set(asyncId, new Error().stack ?? "");
    },
  });
  const seen: unknown[] = [];
  const thenable = {
    // biome-ignore lint/suspicious/noThenProperty: as Drizzle's builders have it
    then(resolve: (value: unknown) => void) {
      seen.push(
        context.getStore(),
        new Error().stack?.includes("awaitsThis"),
        made.get(executionAsyncId())?.includes("awaitsThis"),
      );
      resolve(undefined);
    },
  };
  async function awaitsThis(): Promise<void> {
    await thenable;
  }
  hook.enable();
  await context.run("inside", awaitsThis);
  hook.disable();
  expect(seen).toEqual(["inside", false, true]);
});
