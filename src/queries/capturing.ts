/**
 * What is captured in this process. There is one, for all copies of this library: what drivers' prototypes and asynchronous hooks
 * hold is the process's, too. Prototypes are as they were when nothing captures.
 */
import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { CAPTURING } from "../uncaptured.ts";
import type { CallSites } from "./call-sites.ts";

/** A query, whose text may not be known before it was sent. */
export interface Sent {
  text(): string;
  parameters(): readonly unknown[];
}

export interface Capture {
  /** What else captures in the same context. */
  readonly outer: Capture | undefined;
  readonly sites: CallSites;
  /** Whether the work has ended: what it left running is not noted any more. */
  isOver: boolean;
  note(query: Sent): void;
}

/** A place that every query of a driver passes. */
export interface Driver {
  readonly prototype: object;
  /** Has it tell of its queries. @returns what undoes that */
  readonly change: (capturing: Capturing) => () => void;
}

class Capturing {
  /** `null` while this library works for itself. */
  readonly context: AsyncLocalStorage<Capture | null | undefined> = new AsyncLocalStorage();
  /** What undoes the changes to each prototype. */
  readonly #changed = new Map<object, () => void>();
  readonly #hook = hookOfSites(this.context);
  #count = 0;

  /** @returns what stops it */
  start(drivers: readonly Driver[]): () => void {
    if (this.#count++ === 0) this.#hook?.enable();
    for (const { prototype, change } of drivers) {
      if (!this.#changed.has(prototype)) this.#changed.set(prototype, change(this));
    }
    return () => {
      if (--this.#count > 0) return;
      this.#hook?.disable();
      for (const undo of this.#changed.values()) undo();
      this.#changed.clear();
    };
  }

  note(query: Sent): void {
    for (let capture = this.context.getStore() ?? undefined; capture; capture = capture.outer) {
      if (!capture.isOver) capture.note(query);
    }
  }
}

export type { Capturing };

export function capturing(): Capturing {
  const holder = globalThis as { [CAPTURING]?: Capturing };
  holder[CAPTURING] ??= new Capturing();
  return holder[CAPTURING];
}

/** Bun has no such hooks, and warns of them; Deno's are never called. */
function hookOfSites(
  context: AsyncLocalStorage<Capture | null | undefined>,
): ReturnType<typeof createHook> | undefined {
  if (process.versions["bun"] || process.versions["deno"]) return undefined;
  return createHook({
    init(asyncId) {
      const capture = context.getStore();
      if (capture && !capture.isOver) capture.sites.note(asyncId);
    },
  });
}
