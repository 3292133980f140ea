/** Which line of the project a query is of: the one that built it, else the one that led to its being sent. */
import { createHook } from "node:async_hooks";
import { CallSites } from "../../queries/call-sites.ts";
import { BuilderLines } from "./builders.ts";

export class SourceLines {
  readonly #sites = new CallSites();
  readonly #builders = new BuilderLines(() => this.#sites.here());

  /** Keeps of each promise and callback where it was made: Bun and Deno have no hooks for that. */
  constructor(isOurs: () => boolean) {
    if (process.versions["bun"] || process.versions["deno"]) return;
    createHook({
      init: (asyncId) => {
        if (!isOurs()) this.#sites.note(asyncId);
      },
    }).enable();
  }

  watch(module: object): void {
    this.#builders.watch(module);
  }

  find(): string | undefined {
    return this.#builders.line ?? this.#sites.find();
  }
}
