/** Which line of the project a query is of: the one that built it, else the one that led to its being sent. */
import { createHook } from "node:async_hooks";
import { CallSites } from "../../queries/call-sites.ts";
import { BuilderLines } from "./builders.ts";

export class SourceLines {
  readonly #sites = new CallSites();
  /** Of promises that are of a driver's own kind. */
  readonly #made = new WeakMap<object, number>();
  readonly #builders = new BuilderLines(() => this.#sites.here());

  /** Keeps of each promise and callback where it was made: Bun and Deno have no hooks for that. */
  constructor(isOurs: () => boolean) {
    if (process.versions["bun"] || process.versions["deno"]) return;
    createHook({
      init: (asyncId, type, _, resource) => {
        if (isOurs()) return;
        this.#sites.note(asyncId);
        if (type === "PROMISE" && resource.constructor !== Promise) this.#made.set(resource, asyncId);
      },
    }).enable();
  }

  watch(module: object): void {
    this.#builders.watch(module);
  }

  find(promise?: object): string | undefined {
    const made = promise && this.#made.get(promise);
    return this.#builders.line ?? (made === undefined ? undefined : this.#sites.of(made)) ?? this.#sites.find();
  }
}
